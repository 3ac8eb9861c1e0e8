"""Check: a pinned version can't be installed on the serving Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.environments.startup import place
from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment


@check(
    title="A pinned version can't be installed on this Python",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python",
    symptoms=(
        r"ERROR: Could not find a version that satisfies the requirement",
        r"ERROR: Ignored the following versions that require a different python version",
        r"error: subprocess-exited-with-error",
        r"ERROR: Failed to build installable wheels for some pyproject\\.toml based projects",
    ),
    explains=("handler-imports-absent",),
)
def requirements_unsupported_python(
    artifact: Artifact, stack: str, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A release is built for the Pythons of its time: a newer one refuses it, or has to compile it and can't.

    Where pip finds no version that it may install, the container's start ends. Pin a version that has a wheel for the
    Python that serves, or serve with the Python that the pins are for.
    """
    if not place(artifact, stack):
        return
    facts = load("python_wheels")
    for change in serving.changes:
        if change.kind not in {"adds", "replaces"} or not change.after or change.name not in facts["ranges"]:
            continue
        major, minor = serving.python_version()
        ranges = facts["ranges"][change.name]
        python = f"{major}.{minor}"
        if python not in ranges:
            yield Unknown(f"which {change.name} has wheels for Python {python} is not recorded")
            continue
        finding = _judged(change, python, ranges, built_from_source=change.name not in facts["no_source"])
        if finding is not None:
            yield finding


def _judged(change: Change, python: str, ranges: dict[str, Any], *, built_from_source: bool) -> Finding | None:
    from packaging.version import InvalidVersion, Version

    try:
        asked = Version(change.after)
    except InvalidVersion:
        return None
    lowest, highest = (Version(v) for v in ranges[python])
    if asked < lowest:
        wanted = f"{change.name} {change.after} is older than the first with a wheel for Python {python}, {lowest}"
        likelihood = Likelihood.LIKELY if built_from_source else Likelihood.CERTAIN
        return _finding(change, wanted, str(lowest), likelihood)
    elsewhere = max(Version(row[1]) for row in ranges.values())
    # A later fix of the same series may have come since this was recorded; a later series has left this Python.
    if asked.release[:2] > highest.release[:2] and asked <= elsewhere:
        wanted = f"{change.name} {change.after} needs a newer Python; the last for Python {python} is {highest}"
        return _finding(change, wanted, str(highest), Likelihood.CERTAIN)
    return None


def _finding(change: Change, wanted: str, instead: str, likelihood: Likelihood) -> Finding:
    return Finding(
        message=wanted,
        evidence=(Evidence(change.where, change.requirement),),
        fix=f"- {change.requirement}\n+ {change.name}=={instead}",
        likelihood=likelihood,
        log=f"ERROR: Could not find a version that satisfies the requirement {change.name}=={change.after}",
        cause=f"serving:pkg/{change.name}",
    )
