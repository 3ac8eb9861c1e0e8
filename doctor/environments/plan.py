"""What start-up does to the serving environment: pip installs code/requirements.txt on top of what the image has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from doctor.artifact.tree import Artifact
from doctor.environment import Change, Environment
from doctor.environments.installed import Installed
from doctor.environments.startup import upgrades
from doctor.errors import Unreadable
from doctor.formats.distribution import applies, canonical, holds
from doctor.formats.requirements import Line, parse
from doctor.model import Unknown
from doctor.stack import stack_of
from doctor.versions import meets

REQUIREMENTS = "code/requirements.txt"


def planned(base: Environment, artifact: Artifact, stack: str = "") -> Environment:
    """
    Return the environment that will be there once code/requirements.txt of the artifact has been installed on `base`.

    Args:
        base: what the image has.
        artifact: may hold code/requirements.txt.
        stack: the serving stack, where it is known: some upgrade what is there already.

    Its `changes` say what each line does. A file that can't be read as requirements changes nothing: a check tells.
    """
    try:
        lines = parse(REQUIREMENTS, artifact.data) if REQUIREMENTS in artifact else ()
    except Unreadable:
        lines = ()
    if any(line.kind == "malformed" for line in lines):
        lines = ()  # pip installs nothing of such a file
    upgrading = bool(lines) and upgrades(stack or _stack(base))
    changes = tuple(_changes(tuple(_stated(lines, base.python)), base, upgrading=upgrading))
    return _changed(base, changes)


def _stack(base: Environment) -> str:
    try:
        return stack_of(base)
    except Unknown:
        return ""


def _stated(lines: tuple[Line, ...], python: str) -> Iterator[Line]:
    """Yield what the file asks to install for this Python, each name with the versions that constraints leave it."""
    asked = [x for x in lines if x.name and (not x.marker or holds(x.marker, python))]
    bounds = {x.name: x.specifier for x in asked if x.constraint and x.specifier}
    merged: dict[str, Line] = {}
    for line in asked:
        if line.constraint:
            continue
        narrowed = [line.specifier, bounds.get(line.name, "")]
        if line.name in merged:  # stated twice: both hold
            narrowed.append(merged[line.name].specifier)
        pin = next((s for s in narrowed if line._replace(specifier=s).pinned), "")
        merged[line.name] = line._replace(specifier=pin or ",".join(s for s in narrowed if s))
    yield from merged.values()


def _changes(lines: tuple[Line, ...], base: Environment, *, upgrading: bool) -> Iterator[Change]:
    made = [_change(line, base, upgrading=upgrading) for line in lines]
    after = {c.name: c.after for c in made}
    against = _dependents(base, {c.name for c in made if c.kind in {"replaces", "adds"}})
    for change in made:
        broken = next((w for w in against.get(change.name, ()) if w[0] not in after and _breaks(w, change)), None)
        yield change
        if broken:
            why = f"{broken[0]} {base.packages.get(broken[0], '')} requires {change.name}{broken[1]}"
            yield change._replace(kind="conflicts", requirement=why)


def _change(line: Line, base: Environment, *, upgrading: bool) -> Change:
    before = base.packages.get(line.name, "")
    there = line.name in base.packages

    def change(kind: str, after: str) -> Change:
        return Change(kind, line.name, line.text, before, after, line.where)

    local = line.kind in {"url", "path", "editable"}
    newest = upgrading and not line.pinned
    if before and not local and not newest and allows(line.specifier, before):
        return change("keeps", before)  # pip leaves what satisfies the requirement as it is
    if line.pinned:
        return change("replaces" if before else "adds", line.pinned)
    if there and not before and not line.specifier and not local and not newest:
        return change("keeps", "")
    return change("replaces" if there else "unpinned", "")


def _dependents(base: Environment, names: set[str]) -> dict[str, list[tuple[str, str]]]:
    """Return, for each of some names, the installed distributions that require it, and in which versions."""
    found: dict[str, list[tuple[str, str]]] = {}
    if not isinstance(base, Installed) or not names:
        return found
    for name in base.packages:
        for requirement in base.requires(name):
            # Most requirements are of other names: only those in question are parsed.
            if canonical(_leading(requirement)) not in names:
                continue
            asked = applies(requirement, base.python)
            if asked is not None and asked[1]:
                found.setdefault(asked[0], []).append((name, asked[1]))
    return found


def _leading(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "._-")), len(requirement))
    return requirement[:end]


def _breaks(dependent: tuple[str, str], change: Change) -> bool:
    return bool(change.after) and not allows(dependent[1], change.after)


def allows(specifier: str, version: str) -> bool:
    """Say whether a version meets a specifier, as pip judges what is installed: pre-releases count."""
    if not specifier or specifier == f"=={version}":
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return meets(Version(version), specifier)
    except (InvalidVersion, ValueError):  # packaging's InvalidSpecifier is a ValueError
        return False


def _changed(base: Environment, changes: tuple[Change, ...]) -> Environment:
    made = [c for c in changes if c.kind in {"adds", "replaces", "unpinned"}]
    packages = {**base.packages, **{c.name: c.after for c in made}}
    source = f"{base.source} and {REQUIREMENTS}" if made else base.source
    finds = _finder(base, packages, made)
    if not isinstance(base, Installed):
        return Environment(
            base.role, source, packages, base.python, complete=base.complete, changes=changes, finds=finds
        )
    new = {c.name for c in made}

    def requires(name: str) -> tuple[str, ...]:
        return () if name in new else base.requires(name)

    return Installed(
        base.role,
        source,
        packages,
        base.python,
        complete=base.complete,
        changes=changes,
        finds=finds,
        requires=requires,
    )


def _finder(base: Environment, packages: Mapping[str, str], made: list[Change]) -> Callable[[str], bool | None]:
    """What is found in the base, or is given by what is added; unknown where an addition may bring what gives it."""
    from doctor.modules import brought_by, by_names, givers

    changed = {c.name for c in made}
    of_base = by_names(base.packages, base.python, complete=base.complete)
    of_all = by_names(packages, base.python, complete=base.complete)
    brought: set[str] | None = set()
    for change in made:
        more = brought_by(change.name, change.after)
        brought = None if more is None or brought is None else brought | more

    def finds(module: str) -> bool | None:
        found = base.finds(module)
        if found is None:
            found = of_base(module)
        known = {*givers(module), canonical(module.split(".", maxsplit=1)[0])}
        if known & changed:  # another version of a package may lack, or have, a part of it
            return of_all(module) if not found or "." in module else True
        if found or not changed or known & set(base.packages):
            return found
        return None if brought is None or known & brought else found

    return finds
