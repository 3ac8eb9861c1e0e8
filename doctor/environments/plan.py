"""What start-up does to the serving environment: pip installs code/requirements.txt on top of what the image has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from doctor.artifact.tree import Artifact
from doctor.environment import Change, Environment
from doctor.environments.index import allows, pinned, required
from doctor.environments.installed import Installed
from doctor.environments.startup import upgrades
from doctor.errors import Unreadable
from doctor.formats.distribution import applies, canonical, holds
from doctor.formats.requirements import Line, parse
from doctor.model import Unknown
from doctor.stack import stack_of

if TYPE_CHECKING:
    from doctor.symbols import Answer

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
    made = list(_loosened(made, lines, base))
    made += _dragged(made, base)
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
        return Change(kind, line.name, line.text, before, after, line.where, line.specifier)

    local = line.kind in {"url", "path", "editable"}
    newest = upgrading and not line.pinned
    if before and not local and not newest and allows(line.specifier, before):
        return change("keeps", before)  # pip leaves what satisfies the requirement as it is
    if line.pinned:
        return change("replaces" if before else "adds", line.pinned)
    if there and not before and not line.specifier and not local and not newest:
        return change("keeps", "")
    return change("replaces" if there else "unpinned", "")


def _loosened(made: list[Change], lines: tuple[Line, ...], base: Environment) -> Iterator[Change]:
    """
    Open the versions of kept lines that name none, where what is installed rules out another line's pin.

    Pip then looks for newer releases of them, and of what they require, instead of failing.
    """
    pins = {c.name: c.after for c in made if c.kind in {"adds", "replaces"} and c.after}
    loose = {x.name for x in lines if not x.pinned}
    opened: dict[str, Change] = {}
    for change in made:
        chain = _chain(base, change.name, pins) if pins and change.kind == "keeps" and change.name in loose else ()
        for name in chain:
            opened.setdefault(name, change._replace(kind="replaces", name=name, before=base.packages[name], after=""))
    named = {c.name for c in made}
    yield from (opened.get(c.name, c) if c.kind == "keeps" else c for c in made)
    for name, change in opened.items():
        if name not in named:
            yield change._replace(specifier="", because=f"{change.requirement} needs another {name}")


def _chain(base: Environment, start: str, pins: Mapping[str, str]) -> list[str]:
    """The installed distributions from one on, each required by the one before, the last of which excludes a pin."""
    if not isinstance(base, Installed) and required(start, base.packages[start]) is None:
        from doctor.modules import brought_by

        # Nobody knows in which versions it requires what it brings: all of it may change.
        brought = brought_by(start, base.packages[start]) or frozenset()
        moved = any(name in brought and name in base.packages for name in pins)
        return [name for name in sorted(brought) if name in base.packages and name not in pins] if moved else []
    paths, seen = [[start]], {start}
    while paths:
        path = paths.pop(0)
        for name, specifier in _asked_as_installed(base, path[-1]):
            if name in pins and not allows(specifier, pins[name]):
                return path
            if name in base.packages and name not in seen and name not in pins:
                seen.add(name)
                paths.append([*path, name])
    return []


def _asked_as_installed(base: Environment, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(base, Installed):
        yield from asked_by(base, name, base.packages[name])
        return
    for requirement in base.requires(name):
        asked = applies(requirement, base.python)
        if asked is not None:
            yield asked


def _dragged(made: list[Change], base: Environment) -> list[Change]:
    """What the file doesn't name, and pip replaces or adds because what it names requires another version of it."""
    found = {c.name: c for c in made}
    waiting = [c for c in made if c.kind in {"adds", "replaces"} and c.after]
    while waiting:
        cause = waiting.pop(0)
        for name, specifier in asked_by(base, cause.name, cause.after):
            if name in found or name.startswith("nvidia-") or not _is_moved(base, name, specifier):
                continue
            after = pinned(specifier)
            before = base.packages.get(name, "")
            kind = "replaces" if before else "adds" if after else "unpinned"
            why = f"{cause.name} {cause.after} requires {name}{specifier}"
            found[name] = Change(kind, name, cause.requirement, before, after, cause.where, specifier, why)
            waiting += [found[name]] if after else []
    return list(found.values())[len({c.name for c in made}) :]


def _is_moved(base: Environment, name: str, specifier: str) -> bool:
    there = base.packages.get(name)
    return not allows(specifier, there) if there else there is None and base.complete


def asked_by(base: Environment, name: str, version: str) -> Iterator[tuple[str, str]]:
    """Yield name and specifier of what one release requires on an environment's Python, as far as was recorded."""
    for requirement in required(name, version) or ():
        if ";" in requirement and not base.python:
            continue
        asked = applies(requirement, base.python)
        if asked is not None:
            yield asked


def _dependents(base: Environment, names: set[str]) -> dict[str, list[tuple[str, str]]]:
    """Return, for each of some names, the installed distributions that require it, and in which versions."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, version in base.packages.items() if names else ():
        lines = base.requires(name) if isinstance(base, Installed) else required(name, version) or ()
        for requirement in lines:
            # Most requirements are of other names: only those in question are parsed.
            if canonical(_leading(requirement)) not in names or (";" in requirement and not base.python):
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


def _changed(base: Environment, changes: tuple[Change, ...]) -> Environment:
    made = [c for c in changes if c.kind in {"adds", "replaces", "unpinned"}]
    packages = {**base.packages, **{c.name: c.after for c in made}}
    source = f"{base.source} and {REQUIREMENTS}" if made else base.source
    finds = _finder(base, packages, made)
    names = _names(base, made)
    if not isinstance(base, Installed):
        return Environment(
            base.role, source, packages, base.python, complete=base.complete, changes=changes, finds=finds, names=names
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
        names=names,
        requires=requires,
    )


def _names(base: Environment, made: list[Change]) -> Callable[[str, str], Answer]:
    """What the base's modules have, but for those of which another release is, or may be, installed."""
    if not made:
        return base.has
    from doctor.modules import givers
    from doctor.symbols import Answer

    changed = {c.name for c in made}
    brought = _brought(made)

    def names(module: str, name: str) -> Answer:
        known = {*givers(module), canonical(module.split(".", maxsplit=1)[0])}
        if known & changed or brought is None or known & brought:
            return Answer(None, why="code/requirements.txt may bring another release of it")
        return base.has(module, name)

    return names


def _brought(made: list[Change]) -> set[str] | None:
    """All that the changes may install besides; None where nobody knows."""
    from doctor.modules import brought_by

    brought: set[str] = set()
    for change in (c for c in made if not c.because):  # what these drag along is among what they bring
        more = brought_by(change.name, change.after)
        if more is None:
            return None
        brought |= more
    return brought


def _finder(base: Environment, packages: Mapping[str, str], made: list[Change]) -> Callable[[str], bool | None]:
    """What is found in the base, or is given by what is added; unknown where an addition may bring what gives it."""
    from doctor.modules import by_names, givers

    changed = {c.name for c in made}
    of_base = by_names(base.packages, base.python, complete=base.complete)
    of_all = by_names(packages, base.python, complete=base.complete)
    brought = _brought(made)

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
