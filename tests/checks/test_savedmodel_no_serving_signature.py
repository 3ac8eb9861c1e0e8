from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_a_module_without_a_signature():
    first = examine("sick/savedmodel-no-serving-signature").findings[0]
    assert first.check.id == "savedmodel-no-serving-signature"
    assert "the SavedModel in scorer/1/ has no signature" in first.finding.message


def test_one_that_has_one():
    model = files("healthy/savedmodel-at-1")
    check = "savedmodel-no-serving-signature"
    assert ask(check, artifact=model, stack="tensorflow-serving").status is Status.CLEAR
    assert ask(check, artifact=files(f"sick/{check}"), stack="pytorch").status is Status.CLEAR
