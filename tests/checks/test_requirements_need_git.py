from __future__ import annotations

from doctor.image import Image
from doctor.image.value import Entry
from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, *programs):
    files = {f"usr/bin/{p}": Entry("file", 1, 0o755) for p in programs}
    return ask(
        "requirements-need-git",
        artifact={"code/requirements.txt": text},
        stack="pytorch",
        serving={"six": "1"},
        python="3.12",
        image=Image("image.tar", {}, (), files, {}),
    )


def test_the_fixture():
    first = examine("sick/requirements-need-git").findings[0]
    assert first.check.id == "requirements-need-git"
    assert "emoji @ git+https://github.com/carpedm20/emoji@v2.14.0 (line 1" in first.finding.message


def test_git_is_there_or_nobody_needs_it():
    assert asked("-e git+https://a/b.git#egg=b").status is Status.FOUND
    assert asked("a @ git+https://a/b.git", "git").status is Status.CLEAR
    assert asked("a @ https://a/b/archive/main.zip\nsix").status is Status.CLEAR
    assert asked("a @ git+https://a/b.git; python_version < '3.8'").status is Status.CLEAR
