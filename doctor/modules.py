"""
Which module is there: by the files of an environment, or by what its distributions are known to give.

The facts (``doctor/facts/modules.json``) say which distributions give a top-level module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Protocol

from doctor.facts import load

if TYPE_CHECKING:
    from doctor.symbols.lookup import Symbols
    from doctor.symbols.places import Files
    from doctor.symbols.values import Answer

Finds = Callable[[str], "bool | None"]


class Places(Protocol):
    """The files of an environment, on disk or in an image."""

    def file(self, path: str) -> bool:
        """Say whether a path is a file."""

    def folder(self, path: str) -> bool:
        """Say whether a path is a folder."""

    def extension(self, folder: str, name: str) -> bool:
        """Say whether a folder has a compiled module of that name: ``name.cpython-310-x86_64-linux-gnu.so``."""


def givers(module: str) -> tuple[str, ...]:
    """Return the distributions known to give a dotted module, the likeliest first; () where nobody knows."""
    table: Mapping[str, list[str]] = load("modules")["modules"]
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        found = table.get(".".join(parts[:count]))
        if found:
            return tuple(sorted(found, key=lambda d: (d.replace("-", "_") != parts[0], len(d))))
    return ()


def nobody_gives(module: str, packages: Mapping[str, str], *, complete: bool) -> bool:
    """Say whether all distributions are listed, and known not to give a module that nobody is known to give."""
    if not complete or givers(module):
        return False
    known = {d for distributions in load("modules")["modules"].values() for d in distributions}
    return all(name in known for name in packages)


def in_stdlib(module: str, python: str) -> bool | None:
    """
    Say whether a module belongs to a Python's standard library.

    Args:
        module: dotted.
        python: "3.10"; "" where nothing says, and then None for what came or went between versions.
    """
    facts = load("modules")
    parts = module.split(".")
    for name in (".".join(parts[:2]), parts[0]):
        for table, there in (("stdlib_removed", False), ("stdlib_added", True)):
            since = facts[table]["modules"].get(name)
            if since:
                return (_version(python) >= _version(since)) == there if python else None
    return parts[0] in sys.stdlib_module_names or parts[0] == "__main__"


def gone(module: str, python: str) -> str:
    """Return the Python that removed a module of the standard library, where this Python lacks it for that; else ""."""
    since: str = load("modules")["stdlib_removed"]["modules"].get(module.split(".", maxsplit=1)[0], "")
    return since if since and python and _version(python) >= _version(since) else ""


def by_names(packages: Mapping[str, str], python: str, *, complete: bool) -> Finds:
    """Return what says whether a module is there where only the names of the distributions are known."""
    from doctor.symbols import measured

    def finds(module: str) -> bool | None:
        standard = in_stdlib(module, python)
        if standard:
            return True
        top = module.split(".", maxsplit=1)[0]
        known = givers(module)
        named = [d for d in (*known, top.lower().replace("_", "-")) if d in packages and not _dropped(top, packages[d])]
        if named:
            if _is_whole(module, known) and any(_sure(d, packages) for d in named):
                return True
            return measured.module(packages, module).there if "." in module else None
        if standard is None or is_dynamic(module) or not (known or gone(module, python)):
            return None
        return False if complete else None

    return finds


def by_files(roots: tuple[str, ...], places: Places, python: str, *, hooks: bool = False) -> Finds:
    """
    Return what looks a module up in the files below the roots, as the import system would.

    Args:
        roots: the folders of sys.path.
        places: the files.
        python: of the environment.
        hooks: whether import hooks (editable installs) may give modules that no file shows.
    """

    @cache
    def finds(module: str) -> bool | None:
        if in_stdlib(module, python):
            return True
        parts = module.split(".")
        if parts[0] == "distutils":
            parts = ["_distutils_hack"]  # setuptools gives it where the standard library no longer does
        folders = list(roots)
        for at, part in enumerate(parts):
            packages = [f"{f}/{part}" for f in folders if places.folder(f"{f}/{part}")]
            regular = [p for p in packages if _is_package(p, places)]
            if regular:
                folders = regular[:1]
            elif any(places.file(f"{f}/{part}.py") or places.extension(f, part) for f in folders):
                return True if at == len(parts) - 1 else None  # a plain module may give itself submodules
            elif packages:
                folders = packages  # a namespace
            else:
                return None if (at and is_dynamic(module)) or (hooks and not at) else False
        return True

    return finds


def named_by(roots: tuple[str, ...], files: Files, python: str) -> Callable[[str, str], Answer]:
    """Return what says whether a module has a name, by its source; read only once it is asked."""

    @cache
    def symbols() -> Symbols:
        from doctor.symbols.lookup import Symbols

        return Symbols(roots, files, python)

    return lambda module, name: symbols().has(module, name)


def is_dynamic(module: str) -> bool:
    """Say whether a module belongs to those that are made while others are imported, without a file of their own."""
    return any(module == d or module.startswith(d + ".") for d in load("modules")["dynamic"]) and "." in module


def brought_by(name: str, version: str) -> frozenset[str] | None:
    """
    Return all distributions that installing one may bring, itself among them; None where nobody knows.

    Args:
        name: of the distribution, canonical.
        version: that is installed; what its major version requires was read from one or more of its releases.
    """
    table: Mapping[str, Mapping[str, list[str]]] = load("modules")["brings"]
    first = table.get(name, {}).get(version.split(".", maxsplit=1)[0])
    if first is None:
        return None
    found, waiting = {name}, list(first)
    while waiting:
        needed = waiting.pop()
        if needed in found:
            continue
        if needed not in table:
            return None
        found.add(needed)
        waiting += [n for requires in table[needed].values() for n in requires]
    return frozenset(found)


def _is_package(path: str, places: Places) -> bool:
    return places.file(f"{path}/__init__.py") or places.extension(path, "__init__")


def _is_whole(module: str, known: tuple[str, ...]) -> bool:
    """Whether the module is what the distribution is known for, not a part of it that a version may lack."""
    return "." not in module or (bool(known) and module in load("modules")["modules"])


def _sure(name: str, packages: Mapping[str, str]) -> bool:
    return packages[name] != "" or name not in {"pip", "setuptools", "wheel"}


def _dropped(top: str, version: str) -> bool:
    """Whether the version of its distribution no longer has a module: setuptools 82 has no pkg_resources."""
    since: str = load("modules")["dropped"].get(top, "")
    return bool(since and version) and _version(version) >= _version(since)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(p) for p in text.split(".")[:2] if p.isdigit())
