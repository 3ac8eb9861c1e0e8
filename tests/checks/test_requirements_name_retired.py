from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, env=None, **packages):
    files = {"code/requirements.txt": text}
    return ask("requirements-name-retired", artifact=files, stack="pytorch", serving=packages or {"six": "1"}, env=env)


def test_the_fixture():
    first = examine("sick/requirements-name-retired").findings[0]
    assert first.check.id == "requirements-name-retired"
    assert first.finding.message == "sklearn is a name that its owners closed: building it raises on purpose"
    assert first.finding.fix == "- sklearn\n+ scikit-learn"


def test_the_releases_that_raise():
    assert asked("tensorflow-gpu").status is Status.FOUND
    assert asked("tensorflow-gpu==2.12.0").status is Status.FOUND
    assert asked("tensorflow-gpu==2.11.0").status is Status.CLEAR
    assert asked("tensorflow-gpu<2.12").status is Status.CLEAR
    assert asked("sklearn==0.0").status is Status.CLEAR


def test_the_distribution_itself_is_clear():
    assert asked("scikit-learn==1.3.2").status is Status.CLEAR
    assert asked("sklearn", env={"SKLEARN_ALLOW_DEPRECATED_SKLEARN_PACKAGE_INSTALL": "True"}).status is Status.CLEAR
    assert asked("sklearn", sklearn="0.0").status is Status.CLEAR  # is there already
