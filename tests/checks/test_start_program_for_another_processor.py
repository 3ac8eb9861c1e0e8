"""Tests of the check start-program-for-another-processor."""

from __future__ import annotations

import pytest

from doctor.formats.kinds.elf import Elf
from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-program-for-another-processor"
SERVE = "usr/local/bin/serve"


@pytest.mark.parametrize("variant", ["", "--base"])
def test_is_first_on_its_fixtures(variant):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert "is a program for aarch64, and the image says that it is for amd64" in first.finding.message
    assert first.finding.log == "exec /usr/local/bin/serve: exec format error"


def test_the_interpreter_of_a_script_counts():
    files = {SERVE: "#!/opt/bin/python3\n", "opt/bin/python3": "-> python3.11", "opt/bin/python3.11": "\x7fELF"}
    found = ask(ID, image=image(files, libraries={"opt/bin/python3.11": Elf("aarch64")}))
    assert found.findings[0].evidence[0].where == "image:opt/bin/python3.11"


@pytest.mark.parametrize(
    ("architecture", "libraries"),
    [
        ("amd64", {SERVE: Elf("x86_64")}),
        ("arm64", {SERVE: Elf("aarch64")}),
        ("amd64", {SERVE: Elf("3")}),  # a 32-bit program runs on x86-64
        ("", {SERVE: Elf("aarch64")}),
        ("amd64", {"lib/libc.so.6": Elf("x86_64"), "usr/aarch64-linux-gnu/lib/libc.so.6": Elf("aarch64")}),
    ],
)
def test_what_runs_is_clear(architecture, libraries):
    found = ask(ID, image=image({SERVE: "\x7fELF"}, architecture=architecture, libraries=libraries))
    assert found.status is Status.CLEAR
