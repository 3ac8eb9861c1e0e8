"""Environments that lie on disk: a virtual environment, an interpreter's prefix, a conda prefix. Read, never run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from doctor.environment import Environment
from doctor.errors import BadInput
from doctor.formats.distribution import canonical

_HEAD = 8192  # bytes of a METADATA file that hold its name and version


def site_folders(prefix: Path) -> list[Path]:
    """Return the site-packages folders below a prefix, those of Debian as well."""
    patterns = ("lib*/python3*/site-packages", "lib*/python3*/dist-packages", "local/lib/python3*/dist-packages")
    windows = [prefix / "Lib" / "site-packages"]
    return sorted(
        {p.resolve() for pattern in patterns for p in prefix.glob(pattern)} | {p for p in windows if p.is_dir()}
    )


def of_interpreter(role: str, given: str, path: Path) -> Environment:
    """Return the environment of an interpreter, found by where it lies; BadInput where it has no site-packages."""
    if not path.exists():
        raise FileNotFoundError(given)
    home = path.parent.parent
    prefix = home if (home / "pyvenv.cfg").is_file() or site_folders(home) else path.resolve().parent.parent
    return of_prefix(role, given, prefix)


def of_prefix(role: str, given: str, prefix: Path) -> Environment:
    """Return the environment of a prefix with site-packages."""
    folders = site_folders(prefix)
    if not folders:
        raise BadInput(f"--{role} {given}: {prefix} has no site-packages")
    packages: dict[str, str] = {}
    for folder in folders:
        for name, version in _distributions(folder):
            packages.setdefault(name, version)
    python = _python(prefix, folders)
    return Environment(role, given, packages, python, complete=True, finds=_finder(_roots(prefix, folders, python)))


def of_conda(role: str, given: str, prefix: Path) -> Environment:
    """Return the environment of a conda prefix: its site-packages, and what conda-meta records besides."""
    packages: dict[str, str] = {}
    for record in sorted((prefix / "conda-meta").glob("*.json")):
        packages.update(_recorded(record.read_bytes()))
    folders = site_folders(prefix)
    for folder in folders:
        packages.update(_distributions(folder))
    python = packages.pop("python", "") or _python(prefix, folders)
    return Environment(role, given, packages, python, complete=True, finds=_finder(_roots(prefix, folders, python)))


def _recorded(record: bytes) -> dict[str, str]:
    """Name and version of one record; nothing for one that can't be read, which conda itself ignores."""
    try:
        value = json.loads(record)
        return {canonical(str(value["name"])): str(value["version"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _distributions(folder: Path) -> list[tuple[str, str]]:
    found = []
    for pattern, name in (("*.dist-info", "METADATA"), ("*.egg-info", "PKG-INFO")):
        for info in sorted(folder.glob(pattern)):
            metadata = info / name if info.is_dir() else info
            if metadata.is_file():
                with metadata.open("rb") as file:
                    found.append(_named(file.read(_HEAD).decode("utf-8", "replace")))
    return [(n, v) for n, v in found if n]


def _named(head: str) -> tuple[str, str]:
    name = re.search(r"^Name:\s*(\S+)", head, re.MULTILINE)
    version = re.search(r"^Version:\s*(\S+)", head, re.MULTILINE)
    return (canonical(name[1]), version[1] if version else "") if name else ("", "")


def _python(prefix: Path, folders: list[Path]) -> str:
    configuration = prefix / "pyvenv.cfg"
    if configuration.is_file():
        found = re.search(
            r"^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", configuration.read_text("utf-8"), re.MULTILINE
        )
        if found:
            return found[1]
    named = re.search(r"python(3\.\d+)", str(folders[0])) if folders else None
    return named[1] if named else ""


def _roots(prefix: Path, folders: list[Path], python: str) -> list[Path]:
    short = ".".join(python.split(".")[:2])
    standard = [prefix / "lib" / f"python{short}"]
    configuration = prefix / "pyvenv.cfg"
    if configuration.is_file():
        found = re.search(r"^home\s*=\s*(.+)$", configuration.read_text("utf-8"), re.MULTILINE)
        if found:
            standard.append(Path(found[1].strip()).parent / "lib" / f"python{short}")
    return [*folders, *standard, *(s / "lib-dynload" for s in standard)]


def _finder(roots: list[Path]) -> Callable[[str], bool | None]:
    def finds(module: str) -> bool | None:
        import sys

        if module.split(".", 1)[0] in sys.builtin_module_names:
            return True
        parts = module.split(".")
        for root in roots:
            place = root.joinpath(*parts)
            if place.is_dir() or place.with_name(place.name + ".py").is_file():
                return True
            if place.parent.is_dir() and any(place.parent.glob(f"{place.name}.*so")):
                return True
        return _of_standard_library(parts[0], roots)

    return finds


def _of_standard_library(name: str, roots: list[Path]) -> bool | None:
    """None for a module of the standard library whose files were not seen (a zip, another layout), else False."""
    import sys

    seen = any((root / "os.py").is_file() for root in roots)
    return None if not seen and name in sys.stdlib_module_names else False
