from __future__ import annotations

from doctor.image import Image
from doctor.image.value import Entry
from doctor.model import Status
from tests.deployments import ask, examine


def asked(text, *programs):
    files = {f"usr/bin/{p}": Entry("file", 1, 0o755) for p in programs}
    return ask(
        "requirements-need-compiler",
        artifact={"code/requirements.txt": text},
        stack="pytorch",
        serving={"six": "1"},
        python="3.12",
        image=Image("image.tar", {}, (), files, {}),
    )


def test_the_fixture():
    report = examine("sick/requirements-need-compiler")
    assert [(f.check.id, f.because_of) for f in report.findings] == [
        ("requirements-need-compiler", ""),
        ("requirements-compiled", "requirements-need-compiler"),
        ("past-end-of-life", ""),
    ]


def test_a_compiler_or_a_wheel():
    assert asked("scikit-learn==1.2.2").status is Status.FOUND
    assert asked("scikit-learn==1.2.2", "gcc").status is Status.CLEAR
    assert asked("scikit-learn==1.3.2").status is Status.CLEAR
