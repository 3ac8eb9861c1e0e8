"""Check: a requirement pins a version that the package index doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.offer import absent
from doctor.environments.startup import indexes, lines, place
from doctor.formats.distribution import holds
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.requirements import Line
    from doctor.target import Target

_ELSEWHERE = {"torch": "https://download.pytorch.org/whl/", "torchvision": "https://download.pytorch.org/whl/",
              "torchaudio": "https://download.pytorch.org/whl/"}  # fmt: skip


@check(
    title="A pinned version is not on the package index",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://packaging.python.org/en/latest/specifications/version-specifiers/#local-version-identifiers",
    symptoms=(r"ERROR: No matching distribution found for \S+==\S+",),
    explains=("handler-imports-absent", "requirements-unsupported-python"),
)
def requirements_version_absent(
    artifact: Artifact, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Pip ends where no index that it asks has the version that a line pins.

    A version with a plus sign (``torch==2.1.0+cu118``) is a local build: the Python Package Index refuses those, so a
    freeze of an image that has one can't be installed from it. Leave the plus sign off, or add the index that has the
    build to the file with ``--extra-index-url``.
    """
    if not place(artifact, stack):
        return
    stated = lines(artifact, stack)
    if indexes(stated, target.variables):
        return  # which versions another index has nobody can know
    for line in stated:
        if line.kind != "requirement" or line.constraint or not line.pinned or _is_met(line, serving):
            continue
        near = absent(line.name, line.pinned)
        if "+" in line.pinned:
            yield _local(line)
        elif near is not None:
            yield _finding(
                line,
                f"{line.name} {line.pinned} was never released; the nearest is {near[0]}",
                f"- {line.text}\n+ {line.name}=={near[0]}",
            )


def _is_met(line: Line, serving: Environment) -> bool:
    kept = any(c.name == line.name and c.kind == "keeps" for c in serving.changes)
    return kept or (bool(line.marker) and not holds(line.marker, serving.python))


def _local(line: Line) -> Finding:
    public, _, build = line.pinned.partition("+")
    instead = f"- {line.text}\n+ {line.name}=={public}"
    if line.name in _ELSEWHERE:
        instead = f"+ --extra-index-url {_ELSEWHERE[line.name]}{build}\n{line.text}"
    return _finding(
        line, f"{line.text} is a local build, and the Python Package Index has no version with a plus sign", instead
    )


def _finding(line: Line, message: str, fix: str) -> Finding:
    return Finding(
        message=message,
        evidence=(Evidence(line.where, line.text),),
        fix=fix,
        likelihood=Likelihood.LIKELY,
        log=f"ERROR: No matching distribution found for {line.name}=={line.pinned}",
        cause=f"serving:pkg/{line.name}",
    )
