"""Check: two requirements of code/requirements.txt can't both be met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.environments.index import disjoint
from doctor.environments.installed import Installed
from doctor.environments.plan import asked_by
from doctor.environments.startup import lines, place
from doctor.formats.distribution import applies, holds
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.requirements import Line


class _Demand(NamedTuple):
    """What a line, or the release that it pins (`by`), asks of one distribution."""

    line: Line
    specifier: str
    by: str = ""


@check(
    title="Two requirements can't both be met",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/topics/dependency-resolution/#dealing-with-dependency-conflicts",
    symptoms=(
        r"ERROR: Cannot install .* because these package versions have conflicting dependencies",
        r"ResolutionImpossible",
        r"ERROR: Double requirement given",
    ),
    explains=("handler-imports-absent", "requirements-break-installed"),
)
def requirements_conflict(artifact: Artifact, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Pip looks for one set of versions that meets every line, and ends where there is none.

    The container's start ends with it. Two lines may name one package in versions that exclude one another, or a
    release that a line pins may require another version than a second line allows. Leave one of the two, or the
    version of one of them open.
    """
    if not place(artifact, stack):
        return
    stated = [x for x in lines(artifact, stack) if x.name and (not x.marker or holds(x.marker, serving.python))]
    for name, demands in _demands(stated, serving).items():
        pair = _opposed(demands)
        if pair is not None:
            yield _finding(name, *pair, serving)


def _demands(stated: list[Line], serving: Environment) -> dict[str, list[_Demand]]:
    """All that the lines, and the releases that they pin, ask for, by distribution."""
    found: dict[str, list[_Demand]] = {}
    for line in stated:
        if line.specifier:
            found.setdefault(line.name, []).append(_Demand(line, line.specifier))
    for line in stated:
        if not line.pinned or line.constraint or line.kind != "requirement":
            continue
        for name, specifier in _required(line, serving):
            if specifier and name != line.name:
                by = f"{line.name} {line.pinned} requires {name}{specifier}"
                found.setdefault(name, []).append(_Demand(line, specifier, by))
    return found


def _required(line: Line, serving: Environment) -> Iterator[tuple[str, str]]:
    """What the release that a line pins requires: as it is installed, or as it was recorded."""
    kept = any(c.name == line.name and c.kind == "keeps" for c in serving.changes)
    if not isinstance(serving, Installed) or not kept:
        yield from asked_by(serving, line.name, line.pinned)
        return
    for requirement in serving.requires(line.name):
        asked = applies(requirement, serving.python, frozenset(line.extras))
        if asked is not None:
            yield asked


def _opposed(demands: list[_Demand]) -> tuple[_Demand, _Demand] | None:
    """Two demands that no version meets, of which one at least is to be installed; the pinned line first."""
    if all(d.line.constraint for d in demands):
        return None
    for at, demand in enumerate(demands):
        for other in demands[at + 1 :]:
            if demand.line != other.line and disjoint(demand.specifier, other.specifier):
                return (other, demand) if other.line.pinned and not demand.line.pinned else (demand, other)
    return None


def _finding(name: str, one: _Demand, other: _Demand, serving: Environment) -> Finding:
    path = one.line.path
    if one.by or other.by:
        first, second = (one, other) if one.by else (other, one)
        against = f"{second.by} (line {second.line.number})" if second.by else f"line {second.line.number} asks for "
        message = f"{first.by} (line {first.line.number} of {path}), and {against}"
        message += "" if second.by else second.line.text
        seen = (serving.evidence(name),) if name in serving.packages and not second.by else ()
        fix = f"- {second.line.text}\n+ {second.line.name if second.by else name + first.specifier}"
        log = _log(f"-r {path} (line {first.line.number})", second.line.text)
    else:
        first, second, seen = one, other, ()
        message = f"{path} asks for {one.line.text} (line {one.line.number}) and {other.line.text} "
        message += f"(line {other.line.number})"
        fix, log = f"- {other.line.text}", _log(one.line.text, other.line.text)
    return Finding(
        message=message,
        evidence=(Evidence(first.line.where, first.line.text), Evidence(second.line.where, second.line.text), *seen),
        fix=fix,
        log=log,
        cause=f"artifact:{path}",
    )


def _log(one: str, other: str) -> str:
    return f"ERROR: Cannot install {one} and {other} because these package versions have conflicting dependencies."
