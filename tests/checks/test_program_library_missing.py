"""Tests of the check program-library-missing."""

from __future__ import annotations

import pytest

from doctor.formats.kinds.elf import Elf
from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "program-library-missing"
LOADER = "lib64/ld-linux-x86-64.so.2"
SYSTEM = {"lib/libc.so.6": Elf("x86_64", "libc.so.6"), LOADER: Elf("x86_64", "ld-linux-x86-64.so.2")}
SERVE = "usr/local/bin/serve"


def outcome(needed, libraries=SYSTEM, files=None):
    program = Elf("x86_64", needed=needed, interpreter=f"/{LOADER}")
    return ask(ID, image=image({SERVE: "\x7fELF", **(files or {})}, libraries={SERVE: program, **libraries}))


@pytest.mark.parametrize(
    ("variant", "log"),
    [
        ("", "serve: error while loading shared libraries: libzmq.so.5: "),
        ("--python", "/opt/python/bin/python3: error while loading shared libraries: libpython3.9.so.1.0: "),
    ],
)
def test_is_first_on_its_fixtures(variant, log):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert first.finding.log == f"{log}cannot open shared object file: No such file or directory"


def test_what_a_library_needs_is_missed_too():
    found = outcome(("liba.so",), {**SYSTEM, "opt/liba.so": Elf("x86_64", needed=("libgomp.so.1",))}).findings[0]
    assert found.evidence[0].where == "image:opt/liba.so"
    assert "libgomp1" in found.fix


@pytest.mark.parametrize("needed", [("libc.so.6",), ("libcuda.so.1", "libc.so.6"), ("ld-linux-x86-64.so.2",)])
def test_what_is_there_or_the_hosts_is_clear(needed):
    assert outcome(needed).status is Status.CLEAR


def test_a_library_anywhere_may_be_found():
    assert outcome(("libx.so.1",), files={"opt/x/libx.so.1": "-> libx.so.1.2"}).status is Status.CLEAR


def test_without_its_loader_nothing_is_told_of_libraries():
    lacks = {"lib/ld-musl-x86_64.so.1": Elf("x86_64")}
    assert outcome(("libx.so.1",), lacks).status is Status.CLEAR


def test_an_image_without_the_layers_of_its_system_is_unknown():
    assert outcome(("libx.so.1",), {LOADER: Elf("x86_64")}).status is Status.UNKNOWN
