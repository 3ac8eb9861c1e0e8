"""The Python interpreters of an image: where each lies, which release it is, and who installed it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from doctor.errors import Unreadable
from doctor.image import small, system
from doctor.image.system import upstream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.image.system import Installed
    from doctor.image.value import Image

_PROGRAM = re.compile(r"(?:(.*)/)?bin/python(3\.\d+)$")


class Interpreter(NamedTuple):
    """
    A Python, or a virtual environment.

    Args:
        path: of its program.
        version: "3.11.4"; "3.11" where only the series is known, "" where nothing says.
        kind: "system", "conda", "pyenv", "venv" or "own" (built or copied there).
        prefix: the folder above its bin.
        seen: what tells the version.
    """

    path: str
    version: str
    kind: str
    prefix: str
    seen: str


def interpreters(image: Image, packages: tuple[Installed, ...]) -> tuple[Interpreter, ...]:
    """Return the interpreters, those of virtual environments last; `packages` are the operating system's."""
    found = list(_programs(image, packages))
    return (*found, *_venvs(image, found))


def release(image: Image, program: str) -> str:
    """Return the release of the interpreter at a path, links followed: "3.11.4"; "" where nothing tells."""
    found = _PROGRAM.match(program)
    if found is None:
        return ""
    prefix, series = found[1] or "", found[2]
    return next((version for version, _ in _released(image, prefix, series, system.packages(image))), "")


def _programs(image: Image, packages: tuple[Installed, ...]) -> Iterator[Interpreter]:
    for path, entry in image.files.items():
        found = _PROGRAM.match(path) if "bin/python3." in path and entry.kind in {"file", "hardlink"} else None
        if found is None or f"{found[1] or ''}/pyvenv.cfg".lstrip("/") in image.files:
            continue
        prefix, series = found[1] or "", found[2]
        told = next(_released(image, prefix, series, packages), (series, path))
        yield Interpreter(path, told[0], _kind(image, prefix), prefix, told[1])


def _released(image: Image, prefix: str, series: str, packages: tuple[Installed, ...]) -> Iterator[tuple[str, str]]:
    return chain(_told(image, prefix, series), _packaged(prefix, series, packages))


def _told(image: Image, prefix: str, series: str) -> Iterator[tuple[str, str]]:
    for path in (f"{prefix}/include/python{series}{mark}{small.PATCHLEVEL}".lstrip("/") for mark in ("", "m")):
        version = _text(image, path)
        if version.startswith(f"{series}."):
            yield version, path
    for path in image.kept_in(f"{prefix}/{small.CONDA}python-{series}.".lstrip("/")):
        for row in small.rows(image.data(path)):
            if row[0] == "python":
                yield row[1], path
    # pyenv and uv name the folder of an installation by its release: versions/3.10.13, cpython-3.12.7-linux-x86_64-gnu.
    named = re.search(rf"/(?:versions/|cpython-)({re.escape(series)}\.\d+)(?:-[\w-]+)?$", prefix)
    if named:
        yield named[1], prefix


def _packaged(prefix: str, series: str, packages: tuple[Installed, ...]) -> Iterator[tuple[str, str]]:
    names = {f"python{series}-minimal", f"python{series}", f"python{series}-libs", "python3", "python3-libs"}
    for package in packages if prefix == "usr" else ():
        version = upstream(package.version)
        if package.name in names and version.startswith(f"{series}.") and version.count(".") == 2:
            yield version, f"{package.name} {package.version}"


def _kind(image: Image, prefix: str) -> str:
    if any(True for _ in image.kept_in(f"{prefix}/{small.CONDA}".lstrip("/"))):
        return "conda"
    if re.search(r"pyenv/versions/[^/]+$", prefix):
        return "pyenv"
    return "system" if prefix in {"usr", ""} else "own"


def _venvs(image: Image, known: list[Interpreter]) -> Iterator[Interpreter]:
    for config in image.kept("/pyvenv.cfg"):
        prefix = config.removesuffix("/pyvenv.cfg")
        path = next((p for n in ("python", "python3") if (p := f"{prefix}/bin/{n}") in image.files), "")
        if not path:
            continue
        real = image.resolve(path)
        base = next((one for one in known if one.path == real), None)
        said = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+(?:\.\d+)?)", _text(image, config), re.MULTILINE)
        version, seen = (base.version, base.seen) if base else (said[1], config) if said else ("", config)
        if base and said and said[1].startswith(f"{base.version}."):
            version, seen = said[1], config
        yield Interpreter(path, version, "venv", prefix, seen)


def _text(image: Image, path: str) -> str:
    try:
        return image.data(path).decode("utf-8", "replace")
    except Unreadable:
        return ""
