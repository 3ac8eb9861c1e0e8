from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_code_in_the_version():
    first = examine("sick/savedmodel-code-inside-version-folder").findings[0]
    assert first.check.id == "savedmodel-code-inside-version-folder"
    assert first.finding.message.startswith("scorer/1/code/inference.py is ignored")
    assert first.finding.fix.startswith("mv scorer/1/code code")


def test_code_at_the_root():
    model = files("healthy/savedmodel-with-code")
    check = "savedmodel-code-inside-version-folder"
    assert ask(check, artifact=model, stack="tensorflow-serving").status is Status.CLEAR
    assert ask(check, artifact=files("sick/" + check), stack="pytorch").status is Status.CLEAR
