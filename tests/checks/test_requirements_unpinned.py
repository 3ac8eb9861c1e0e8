from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, stack="pytorch", **packages):
    return ask("requirements-unpinned", artifact={"code/requirements.txt": text}, stack=stack, serving=packages)


def test_the_fixture():
    (first,) = examine("sick/requirements-unpinned").findings
    assert first.check.id == "requirements-unpinned"
    assert "in place of 1.17.0 (the sklearn container runs pip install -U)" in first.finding.message


def test_pinned_and_kept_are_clear():
    assert asked("a==1.0", b="1").status is Status.CLEAR
    assert asked("six", six="1.17.0").status is Status.CLEAR
    assert asked("six>=1", six="1.17.0").status is Status.CLEAR


def test_absent_and_open():
    (finding,) = asked("emoji>=2", six="1.17.0").findings
    assert finding.message == "emoji is not pinned: every start installs the newest"


def test_a_bound_and_another_line():
    (finding,) = asked("emoji>=2,<3\nnosuch", six="1.17.0").findings
    assert finding.message == (
        "emoji is not pinned, nor is 1 more: every start installs the newest that emoji>=2,<3 allows"
    )
