from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "savedmodel-sample-does-not-fit"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "the inputs have no images" in first.finding.message


def told(sample, name=f"sick/{CHECK}"):
    return ask(CHECK, artifact=files(name), stack="tensorflow-serving", sample=sample).status


def test_variants():
    assert "takes images, phase by name" in examine(f"sick/{CHECK}--one-of-two").findings[0].finding.message
    assert "the signature 'predict'" in examine(f"sick/{CHECK}--signature").findings[0].finding.message


def test_rows():
    assert told(b'{"instances": [{"images": [1, 2], "phase": true}]}') is Status.CLEAR
    assert told(b'{"instances": [{"images": [1, 2]}]}') is Status.FOUND
    assert told(b'{"instances": [[1, 2, 3, 4]]}', "healthy/savedmodel-at-1") is Status.CLEAR
    assert told(b'{"instances": [{"wrong": [1, 2, 3, 4]}]}', "healthy/savedmodel-at-1") is Status.FOUND


def test_requests_of_other_forms():
    for sample in (b"[[1, 2]]", b"1,2", b"{}", b'{"instances": []}', b'{"x": 1}', b'{"instances": [{"b64": "aGk="}]}'):
        assert told(sample) is Status.CLEAR, sample
