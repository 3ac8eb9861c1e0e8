"""
What the package index has, as far as it was recorded: releases by Python, and what they require.

The facts: ``python_wheels.json`` and ``wheel_requires.json``. Everything newer than them is unknown, and said to be.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.versions import meets

if TYPE_CHECKING:
    from packaging.version import Version


class Release(NamedTuple):
    """One recorded release: the 3.x that it has wheels for, and those for which there is only a source archive."""

    version: Version
    wheels: frozenset[int]
    sources: frozenset[int]


@cache
def releases(name: str) -> tuple[Release, ...]:
    """Return the recorded final releases of a distribution, the oldest first; () where none were recorded."""
    from packaging.version import Version

    table: dict[str, str] = load("python_wheels")["releases"].get(name, {})
    found = []
    for code, versions in table.items():
        built, _, source = code.partition("/")
        wheels, sources = _minors(built), _minors(source)
        found += [Release(Version(v), wheels, sources) for v in versions.split()]
    return tuple(sorted(found))


def yanked(name: str) -> frozenset[str]:
    """Return the releases that pip takes only where they are pinned; which Pythons they are for was not recorded."""
    return frozenset(load("python_wheels").get("yanked", {}).get(name, "").split())


def _minors(code: str) -> frozenset[int]:
    found: set[int] = set()
    for part in code.split(",") if code else ():
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def covers(python: tuple[int, int]) -> bool:
    """Say whether a Python is one of those that were recorded."""
    first, last = (tuple(int(p) for p in v.split(".")) for v in load("python_wheels")["pythons"])
    return first <= python <= last


def pinned(specifier: str) -> str:
    """Return the one version that a specifier names with ``==``, or ""."""
    return specifier[2:].strip() if specifier.startswith("==") and not set(specifier[2:]) & set("=,*<>!~") else ""


def final(version: Version | str) -> bool:
    """Say whether a version is a plain final release, of the kind that is recorded."""
    if isinstance(version, str):
        version = parsed(version)
    return not (version.is_prerelease or version.local or version.epoch)


def parsed(version: str) -> Version:
    """Return a version; one that can't be read is taken for a pre-release of nothing."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return Version("0.dev0")


def allows(specifier: str, version: str) -> bool:
    """Say whether a version meets a specifier, as pip judges what is installed: pre-releases count."""
    if not specifier or specifier == f"=={version}":
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return meets(Version(version), specifier)
    except (InvalidVersion, ValueError):  # packaging's InvalidSpecifier is a ValueError
        return False


def newest(name: str, specifier: str, python: tuple[int, int]) -> str:
    """Return the newest recorded release with a wheel that pip would take today, or ""."""
    fitting = (r for r in reversed(releases(name)) if python[1] in r.wheels and allows(specifier, str(r.version)))
    return next((str(r.version) for r in fitting), "")


def required(name: str, version: str) -> tuple[str, ...] | None:
    """
    Return the Requires-Dist lines with a version of one release, None where they were not recorded.

    A release between two of its series that were measured and require the same requires it too.
    """
    rows = load("wheel_requires")["releases"].get(name, ())
    if not rows or not version:
        return None
    asked = parsed(parsed(version).public)
    bare = str(asked)
    for first, last, lines in rows:
        low, high = parsed(first), parsed(last)
        if bare in {first, last} or low <= asked <= high:
            return tuple(lines)
    return None


def disjoint(*specifiers: str) -> bool:
    """
    Say whether surely no version meets all the specifiers.

    The versions that meet a specifier change only at those that it names: these and points beside them are tried.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        sets = [SpecifierSet(s) for s in specifiers]
    except InvalidSpecifier:
        return False
    named = {s.version.removesuffix(".*") for each in sets for s in each}
    points = {"0", "99999", *named}
    for version in named:
        release = parsed(version).release
        points |= {f"{version}.0.0.1" if parsed(version).base_version == version else version, _next(release, 1)}
        points |= {_next(release[:-1], 0)} if len(release) > 1 else set()
        points.add(f"{'.'.join(map(str, release))}.99999")
    return not any(all(s.contains(p, prereleases=True) for s in sets) for p in points if _is_version(p))


def _next(release: tuple[int, ...], places: int) -> str:
    grown = (*release, *(0,) * places)
    return ".".join(map(str, (*grown[:-1], grown[-1] + 1))) if grown else "0"


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
