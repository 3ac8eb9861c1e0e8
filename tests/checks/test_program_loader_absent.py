"""Tests of the check program-loader-absent."""

from __future__ import annotations

from doctor.formats.kinds.elf import Elf
from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "program-loader-absent"
LOADER = "/lib64/ld-linux-x86-64.so.2"
SERVE = "usr/local/bin/serve"
MUSL = {"lib/ld-musl-x86_64.so.1": Elf("x86_64", "ld-musl-x86_64.so.1")}


def outcome(files, libraries, loader=LOADER):
    program = Elf("x86_64", needed=("libc.so.6",), interpreter=loader)
    return ask(ID, image=image({SERVE: "\x7fELF", **files}, libraries={SERVE: program, **libraries}))


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert f"is loaded by {LOADER}, which is not in the image: its C library is musl" in first.finding.message


def test_a_loader_behind_a_link_is_there():
    files = {"lib64": "-> usr/lib64", "usr/lib64/ld-linux-x86-64.so.2": "\x7fELF"}
    assert outcome(files, {"usr/lib/libc.so.6": Elf("x86_64")}).status is Status.CLEAR


def test_a_static_program_has_none():
    assert outcome({}, MUSL, loader="").status is Status.CLEAR


def test_an_image_without_the_layers_of_its_system_is_unknown():
    assert outcome({}, {}).status is Status.UNKNOWN
