"""Check: start-up installs whatever version is newest that day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.startup import place, upgrades
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment


@check(
    title="The requirements leave versions open",
    fault="package-abi-skew",
    severity=Severity.NOTE,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/topics/repeatable-installs/",
)
def requirements_unpinned(artifact: Artifact, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A requirement without a version installs the newest at every start of a container.

    What is installed already is kept, except by the scikit-learn and XGBoost containers, which install with
    ``pip install -U``. An endpoint that works today may fail when it scales out tomorrow. Pin the versions.
    """
    if not place(artifact, stack):
        return
    open_ones = [c for c in serving.changes if c.kind in {"unpinned", "replaces"} and not (c.after or c.because)]
    open_ones = [c for c in open_ones if "@" not in c.requirement and "://" not in c.requirement]
    if not open_ones:
        return
    first = open_ones[0]
    others = len(open_ones) - 1
    more = f", nor {'is' if others == 1 else 'are'} {others} more" if others else ""
    yield Finding(
        message=f"{first.name} is not pinned{more}: every start installs {_newest(first)}{_instead(first, stack)}",
        evidence=tuple(Evidence(c.where, c.requirement) for c in open_ones[:5]),
        fix=f"- {first.requirement}\n+ {first.name}=={first.before or '<the version it was tried with>'}",
        likelihood=Likelihood.POSSIBLE,
    )


def _newest(change: Change) -> str:
    bounded = "<" in change.requirement or "!=" in change.requirement or "~=" in change.requirement
    return f"the newest that {change.requirement} allows" if bounded else "the newest"


def _instead(change: Change, stack: str) -> str:
    if change.before and upgrades(stack):
        return f" in place of {change.before} (the {stack} container runs pip install -U)"
    return f" in place of {change.before}" if change.before else ""
