"""What start-up does to the serving environment: pip installs code/requirements.txt on top of what the image has."""

from __future__ import annotations

from collections.abc import Callable

from doctor.artifact.tree import Artifact
from doctor.environment import Change, Environment
from doctor.errors import Unreadable
from doctor.formats.requirements import Line, parse

REQUIREMENTS = "code/requirements.txt"


def planned(base: Environment, artifact: Artifact) -> Environment:
    """
    Return the environment that will be there once code/requirements.txt of the artifact has been installed on `base`.

    Its `changes` say what each line does. A file that can't be read as requirements changes nothing: a check tells.
    """
    if REQUIREMENTS not in artifact:
        return base
    try:
        lines = parse(REQUIREMENTS, artifact.data)
    except Unreadable:
        return base
    python = ".".join(base.python.split(".")[:2])
    changes = tuple(_change(x, base) for x in lines if x.name and not x.constraint and _applies(x, python))
    packages = {**base.packages, **{c.name: c.after for c in changes}}
    added = {c.name: c.after for c in changes if c.kind in {"adds", "unpinned"}}
    return Environment(
        base.role,
        f"{base.source} and {REQUIREMENTS}" if changes else base.source,
        packages,
        base.python,
        complete=base.complete,
        changes=changes,
        finds=_finder(base, added),
    )


def _applies(line: Line, python: str) -> bool:
    if not line.marker:
        return True
    from packaging.markers import Marker, UndefinedEnvironmentName

    place = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}
    if python:
        place |= {"python_version": python, "python_full_version": f"{python}.0"}
    try:
        return Marker(line.marker).evaluate(place)
    except UndefinedEnvironmentName:
        return True


def _change(line: Line, base: Environment) -> Change:
    before = base.packages.get(line.name, "")
    there = line.name in base.packages

    def change(kind: str, after: str) -> Change:
        return Change(kind, line.name, line.text, before, after, line.where)

    if line.pinned:
        kind = "keeps" if before and _same(before, line.pinned) else "replaces" if there else "adds"
        return change(kind, line.pinned)
    if there and (not line.specifier or (before and _allows(line.specifier, before))):
        return change("keeps", before)  # pip leaves what satisfies the requirement
    return change("unpinned" if not there else "replaces", "")


def _same(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other) or Version(one).public == other
    except InvalidVersion:
        return one == other


def _allows(specifier: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False


def _finder(base: Environment, added: dict[str, str]) -> Callable[[str], bool | None]:
    """What is found in the base, or is surely given by what is added; unknown where an addition may give it."""
    from doctor.modules import finder

    of_added = finder(added, base.python, complete=False)

    def finds(module: str) -> bool | None:
        found = base.finds(module)
        if found:
            return True
        given = of_added(module)
        # What an added package brings along is not known by name: it may well give the module.
        return True if given else None if added else found

    return finds
