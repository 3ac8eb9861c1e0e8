"""A root file system for images that really run: Python and a few programs of this machine, with their libraries."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

GIVEN = "ENDPOINT_DOCTOR_TEST_ROOT"  # a tar of another root file system (debootstrap's), to run on that instead
PROGRAMS = ("sh", "bash", "env", "mkdir", "cat", "sleep")
NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"
PASSWD = b"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"


def root() -> bytes:
    """The tar of a root file system in which a serving script can run; nothing of it comes from outside."""
    if given := os.environ.get(GIVEN):
        return Path(given).read_bytes()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        _link(archive, "bin", "usr/bin")
        for path in libraries(*_programs().values(), *_modules()).values():
            archive.add(path, str(path))
        for place, path in _programs().items():
            archive.add(path, place)
        archive.add(sysconfig.get_path("stdlib"), f"{sys.base_prefix}/lib/{NAME}", filter=_without_tests)
        _link(archive, "usr/bin/python3", f"{sys.base_prefix}/bin/{NAME}")
        _text(archive, "etc/passwd", PASSWD)
    return buffer.getvalue()


def libraries(*programs: Path) -> dict[str, Path]:
    """What the loader finds for programs, and the loader itself, by the names under which they are asked for."""
    found = {}
    for program in programs:
        said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for line in said.splitlines():
            place = next((word for word in line.split() if word.startswith("/")), "")
            if place:
                found[place.rpartition("/")[2]] = Path(place)
    return found


def program_with_a_library_beyond(names: set[str]) -> tuple[Path, list[str]]:
    """A program of this machine that needs libraries which are not among those names; the program, and they."""
    for name in ("curl", "openssl", "ls", "tar", "sed", "grep", "git", "ssh", "less"):
        path = shutil.which(name)
        missing = [n for n in libraries(Path(path)) if n not in names] if path else []
        if path and missing:
            return Path(path).resolve(), missing
    raise LookupError("every program of this machine needs the C library alone")


def _programs() -> dict[str, Path]:
    """The programs and Python by their place in the image."""
    found = {f"usr/bin/{name}": Path(place).resolve() for name in PROGRAMS if (place := shutil.which(name))}
    return {**found, f"{sys.base_prefix}/bin/{NAME}": Path(sys.executable).resolve()}


def _modules() -> list[Path]:
    return [p for p in Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so") if "tkinter" not in p.name]


def _without_tests(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    left_out = ("/test", "/idlelib", "/site-packages", "/__pycache__", "/ensurepip", "/config-3", "tkinter")
    return None if any(part in info.name for part in left_out) else info


def _link(archive: tarfile.TarFile, name: str, target: str) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    archive.addfile(info)


def _text(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o644
    archive.addfile(info, io.BytesIO(data))
