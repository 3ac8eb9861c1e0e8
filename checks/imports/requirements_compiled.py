"""Check: start-up compiles a requirement, for there is no wheel of it for the serving Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.offer import compiled
from doctor.environments.startup import place
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment


@check(
    title="Start-up compiles a requirement from source",
    fault="missing-dependency",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/reference/build-system/",
    symptoms=(
        r"error: command '\S*(gcc|cc)' failed",
        r"error: subprocess-exited-with-error",
        r"ERROR: Failed to build (installable wheels for )?",
        r"error: can't find Rust compiler",
        r"ERROR: Failed building wheel for",
    ),
    explains=("handler-imports-absent",),
)
def requirements_compiled(artifact: Artifact, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Where a release has no wheel for the Python that serves, pip fetches its source and compiles it at every start.

    That needs a compiler in the container, takes minutes, and seldom succeeds for a release that is older than the
    Python. Pin a release that has a wheel for it.
    """
    if not place(artifact, stack):
        return
    for change, offer in compiled(serving):
        python = ".".join(serving.python.split(".")[:2])
        near = offer.nearest
        first = f" (the first that has one is {near})" if near and near == offer.oldest else ""
        yield Finding(
            message=f"{offer.name} {offer.compiled} has no wheel for Python {python}{first}: start-up compiles it, and "
            "fails where the container has no compiler for it",
            evidence=(Evidence(change.where, change.requirement),),
            fix=f"- {change.requirement}\n+ {offer.name}=={near or '<a version with a wheel>'}",
            likelihood=Likelihood.LIKELY,
            log="error: subprocess-exited-with-error",
            cause=f"serving:pkg/{offer.name}",
        )
