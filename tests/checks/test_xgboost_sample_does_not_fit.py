from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "xgboost-sample-does-not-fit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the sample has 5 columns (the label is in front?)" in first.finding.message


def told(sample, content_type="text/csv", **given):
    return ask(
        CHECK, artifact=files(f"sick/{CHECK}"), stack="xgboost", sample=sample, content_type=content_type, **given
    ).status


def test_as_many_columns_or_fewer():
    assert told(b"1,2,3,4\n") is Status.CLEAR
    assert told(b"1,,3\n") is Status.CLEAR
    assert told(b"1,2,3,4,5,6\n") is Status.FOUND
    assert told(b"a,b,c,d,e\n") is Status.CLEAR
    assert told(b"1 1:2 5:3\n", "text/libsvm") is Status.CLEAR
    assert told(b"1,2,3,4,5\n", env={"SAGEMAKER_PROGRAM": "x.py"}) is Status.CLEAR
