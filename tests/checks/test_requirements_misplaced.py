from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "import emoji\n\ndef model_fn(model_dir):\n    return 1\n"


def asked(files, stack="pytorch", **packages):
    files = {"code/inference.py": HANDLER, **files}
    return ask("requirements-misplaced", artifact=files, stack=stack, serving=packages or {"six": "1"})


def test_the_fixture():
    first = examine("sick/requirements-misplaced").findings[0]
    assert first.check.id == "requirements-misplaced"
    assert first.finding.fix == "mv requirements.txt code/requirements.txt"
    assert first.finding.evidence[0].saw == "import emoji"


def test_needless_ones_are_clear():
    assert asked({"requirements.txt": "emoji==2.14.0"}, emoji="2.14.0").status is Status.CLEAR
    assert asked({"code/requirements.txt": "emoji==2.14.0"}).status is Status.CLEAR
    assert asked({"requirements.txt": "requests==2.31.0"}).status is Status.CLEAR
    assert asked({"requirements.txt": "emoji==2.14.0", "MLmodel": "flavors:\n"}).status is Status.CLEAR


def test_tensorflow_serving_ignores_it_beside_lib():
    files = {"code/requirements.txt": "emoji==2.14.0", "code/lib/six.py": ""}
    outcome = asked(files, stack="tensorflow-serving")
    assert [f.fix for f in outcome.findings] in ([], ["pip install --target code/lib emoji==2.14.0"])


def test_says_what_the_line_is_for():
    message = examine("sick/requirements-misplaced").findings[0].finding.message
    assert "names emoji==2.14.0 for the import of emoji, but only code/requirements.txt is installed" in message
