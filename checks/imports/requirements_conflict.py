"""Check: two requirements of code/requirements.txt can't both be met."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.installed import Installed
from doctor.environments.plan import allows
from doctor.environments.startup import lines, place
from doctor.formats.distribution import applies, canonical, holds
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment
    from doctor.formats.requirements import Line

_LOG = "ERROR: Cannot install {} and {} because these package versions have conflicting dependencies."


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
    explains=("handler-imports-absent",),
)
def requirements_conflict(artifact: Artifact, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Pip looks for one set of versions that meets every line, and ends where there is none.

    The container's start ends with it. Two lines may name one package in versions that exclude one another, or a
    package that is installed and kept may require another version than a line pins. Leave one of the two.
    """
    if not place(artifact, stack):
        return
    stated = [x for x in lines(artifact, stack) if x.name and (not x.marker or holds(x.marker, serving.python))]
    yield from _of_one_name(stated)
    if isinstance(serving, Installed):
        yield from _of_kept(serving, {c.name: c for c in serving.changes if c.kind != "conflicts"})


def _of_one_name(stated: list[Line]) -> Iterator[Finding]:
    """Two lines for one distribution, of which one pins a version that the other excludes."""
    for at, line in enumerate(stated):
        pinned = line.pinned
        other = next((x for x in stated if x.name == line.name and pinned and not allows(x.specifier, pinned)), None)
        if other is not None and stated.index(other) != at and (not other.pinned or stated.index(other) > at):
            yield Finding(
                message=f"{line.path} asks for {line.text} (line {line.number}) and {other.text} (line {other.number})",
                evidence=(Evidence(line.where, line.text), Evidence(other.where, other.text)),
                fix=f"- {other.text}",
                log=_LOG.format(line.text, other.text),
                cause=f"artifact:{line.path}",
            )


def _of_kept(serving: Installed, changes: dict[str, Change]) -> Iterator[Finding]:
    """A line that keeps what is installed, whose requirements another line's pin excludes."""
    for name, change in changes.items():
        if change.kind != "keeps":
            continue
        for requirement in serving.requires(name):
            if not any(canonical(requirement).startswith(other) for other in changes):
                continue
            asked = applies(requirement, serving.python)
            against = changes.get(asked[0]) if asked else None
            if asked and against and against.after and not allows(asked[1], against.after):
                yield Finding(
                    message=f"{change.requirement} requires {asked[0]}{asked[1]}, and the file asks for "
                    f"{against.requirement} as well",
                    evidence=(
                        Evidence(change.where, change.requirement),
                        Evidence(against.where, against.requirement),
                        serving.evidence(name),
                    ),
                    fix=f"- {against.requirement}\n+ {asked[0]}{asked[1]}",
                    log=_LOG.format(f"{name}=={change.after}", against.requirement),
                    cause=f"serving:pkg/{asked[0]}",
                )
