"""Check: a requirement has no release for the serving Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.index import covers, parsed, releases
from doctor.environments.offer import Offer, offers
from doctor.environments.startup import place
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment


@check(
    title="A requirement has no release for this Python",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python",
    symptoms=(
        r"ERROR: Could not find a version that satisfies the requirement",
        r"ERROR: No matching distribution found for",
        r"ERROR: Ignored the following versions that require a different python version",
        r"Requires-Python",
    ),
    explains=("handler-imports-absent", "requirements-compiled", "requirements-need-compiler"),
)
def requirements_unsupported_python(
    artifact: Artifact, stack: str, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A release is built for the Pythons of its time, and pip takes none that says it is for others.

    Where pip finds no version that it may install, the container's start ends. Pin a version that has a wheel for the
    Python that serves, or serve with the Python that the pins are for.
    """
    if not place(artifact, stack):
        return
    for change in serving.changes:
        if change.because or change.kind not in {"adds", "replaces", "unpinned"} or not releases(change.name):
            continue
        python = serving.python_version()
        if not covers(python):
            yield Unknown(f"which {change.name} is there for Python {serving.python} is not recorded")
            continue
        offer = offers(change.name, change.specifier, python)
        if offer is not None and not offer.usable:
            yield _finding(offer, change.requirement, change.where, f"{python[0]}.{python[1]}")


def _finding(offer: Offer, requirement: str, where: str, python: str) -> Finding:
    name, asked = offer.name, offer.asked
    if parsed(asked) < parsed(offer.oldest):
        message = f"{name} {asked} is older than the first with a wheel for Python {python}, {offer.oldest}"
        instead = offer.oldest
    else:
        message = f"{name} {asked} needs a newer Python; the last for Python {python} is {offer.newest or 'none'}"
        instead = offer.newest
    if not offer.pinned:
        message = f"no {name} that {requirement} allows is for Python {python}: {message}"
    return Finding(
        message=message,
        evidence=(Evidence(where, requirement),),
        fix=f"- {requirement}\n+ {f'{name}=={instead}' if instead else f'(nothing of {name} is for Python {python})'}",
        likelihood=Likelihood.CERTAIN,
        log=f"ERROR: Could not find a version that satisfies the requirement {name}{offer.specifier}",
        cause=f"serving:pkg/{name}",
    )
