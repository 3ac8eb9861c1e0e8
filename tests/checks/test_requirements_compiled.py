from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, python="3.12", **packages):
    files = {"code/requirements.txt": text}
    return ask(
        "requirements-compiled", artifact=files, stack="pytorch", serving=packages or {"six": "1"}, python=python
    )


def test_the_fixture():
    first = examine("sick/requirements-compiled").findings[0]
    assert first.check.id == "requirements-compiled"
    assert first.finding.message.startswith("sentencepiece 0.1.95 has no wheel for Python 3.10 (the first that has one")
    assert first.finding.fix == "- sentencepiece==0.1.95\n+ sentencepiece==0.1.96"


def test_a_range_whose_newest_has_no_wheel():
    (finding,) = asked("scikit-learn<1.3").findings
    assert "scikit-learn 1.2.2 has no wheel for Python 3.12 (the first that has one is 1.3.1)" in finding.message


def test_what_has_a_wheel_is_clear():
    assert asked("scikit-learn==1.3.1").status is Status.CLEAR
    assert asked("scikit-learn>=1.0").status is Status.CLEAR
    assert asked("scikit-learn").status is Status.CLEAR
    assert asked("scikit-learn==1.2.2", **{"scikit-learn": "1.2.2"}).status is Status.CLEAR
    assert asked("torch==1.13.1").status is Status.CLEAR  # has no source archive: another check's matter
