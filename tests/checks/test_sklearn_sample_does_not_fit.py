from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "sklearn-sample-does-not-fit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "X has 3 features, but RandomForestClassifier is expecting 4" in first.finding.log


def test_one_row_of_csv():
    first = examine(f"sick/{CHECK}--one-row").findings[0]
    assert first.check.id == CHECK
    assert "reshape(1, -1)" in first.finding.fix


def told(sample, content_type, code=""):
    model = files(f"sick/{CHECK}")
    model["code/inference.py"] += code.encode()
    return ask(CHECK, artifact=model, stack="sklearn", sample=sample, content_type=content_type).status


def test_what_fits_and_what_a_script_reads_itself():
    assert told(b"1,2,3,4\n1,2,3,4\n", "text/csv") is Status.CLEAR
    assert told(b"[[1, 2, 3, 4]]", "application/json") is Status.CLEAR
    assert told(b"[[1, 2, 3]]", "application/json") is Status.FOUND
    assert told(b"[[1, 2], [3]]", "application/json") is Status.CLEAR
    assert told(b"a,b,c\n1,2,3\n", "text/csv") is Status.CLEAR
    assert told(b"[[1, 2, 3]]", "application/json", "\n\ndef input_fn(b, t):\n    return b\n") is Status.CLEAR
