from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files


def test_an_operator_of_tensorflow_addons():
    first = examine("sick/savedmodel-operator-not-served").findings[0]
    assert first.check.id == "savedmodel-operator-not-served"
    assert "uses the operator Addons>ParseTime of tensorflow-addons in __inference_serve_" in first.finding.message


def test_tensorflow_text_is_built_in_somewhere():
    model = files("sick/savedmodel-operator-missing")
    model = {path.replace("export/", "scorer/1/"): content for path, content in model.items() if "code" not in path}
    outcome = ask("savedmodel-operator-not-served", artifact=model, stack="tensorflow-serving")
    assert outcome.status is Status.UNKNOWN
    assert "CaseFoldUTF8 is of tensorflow-text" in outcome.reasons[0]


def test_plain_operators_and_other_stacks():
    check = "savedmodel-operator-not-served"
    model = files("healthy/savedmodel-at-1")
    assert ask(check, artifact=model, stack="tensorflow-serving").status is Status.CLEAR
    assert ask(check, artifact=files(f"sick/{check}"), stack="pytorch").status is Status.CLEAR
