from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, python="3.12", **packages):
    files = {"code/requirements.txt": text}
    return ask("requirements-unsupported-python", artifact=files, stack="pytorch", serving=packages, python=python)


def test_the_fixture():
    first = examine("sick/requirements-unsupported-python").findings[0]
    assert first.check.id == "requirements-unsupported-python"
    assert first.finding.message == "pandas 3.0.0 needs a newer Python; the last for Python 3.10 is 2.3.3"


def test_a_release_from_before_this_python():
    (finding,) = asked("torch==1.13.1", six="1").findings
    assert finding.message == "torch 1.13.1 is older than the first with a wheel for Python 3.12, 2.2.0"
    assert finding.likelihood.name == "CERTAIN"
    assert asked("scikit-learn==1.0.2", six="1").status is Status.CLEAR  # pip would compile it: another check's matter


def test_a_range_that_only_other_pythons_have():
    (finding,) = asked("numpy>=2.3", python="3.10", six="1").findings
    assert finding.message == (
        "no numpy that numpy>=2.3 allows is for Python 3.10: numpy 2.5.5 needs a newer Python; the last for Python "
        "3.10 is 2.2.6"
    )
    (finding,) = asked("tensorflow<2.12", python="3.12", six="1").findings
    assert "tensorflow 2.11.1 is older than the first with a wheel for Python 3.12, 2.16.1" in finding.message
    assert asked("numpy>=2.3", python="3.11", six="1").status is Status.CLEAR
    assert asked("numpy>=99", python="3.11", six="1").status is Status.CLEAR


def test_what_fits_or_is_there_or_nobody_knows_is_clear():
    assert asked("pandas==2.2.2", six="1").status is Status.CLEAR
    assert asked("torch==1.13.1", torch="1.13.1").status is Status.CLEAR
    assert asked("pandas==99.0", six="1").status is Status.CLEAR
    assert asked("pandas==2.3.9", python="3.10", six="1").status is Status.CLEAR
    assert asked("pandas==2.2.2", python="", six="1").status is Status.UNKNOWN
