"""Check: a requirement names a distribution that raises when it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.environments.index import allows, parsed
from doctor.environments.startup import place
from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment
    from doctor.target import Target


@check(
    title="A requirement names a package that can't be installed",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/scikit-learn/sklearn-pypi-package",
    symptoms=(
        r"The 'sklearn' PyPI package is deprecated, use 'scikit-learn'",
        r"The \"tensorflow-gpu\" package has been removed",
        r"You tried to install \"pytorch\"",
    ),
    explains=("handler-imports-absent", "requirements-unpinned"),
)
def requirements_name_retired(
    artifact: Artifact, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The package index keeps some names only to say that another is meant.

    ``sklearn`` is scikit-learn's module and not its distribution; ``tensorflow-gpu`` has become ``tensorflow``;
    ``pytorch`` is ``torch``. Installing them raises, and the container's start ends. Name the distribution itself.
    """
    if not place(artifact, stack):
        return
    names: dict[str, dict[str, Any]] = load("retired_distributions")["names"]
    for change in serving.changes:
        row = names.get(change.name)
        installs = change.kind in {"adds", "replaces", "unpinned"} and not change.because and change.specifier != "@"
        if row and installs and _raises(change, row) and row.get("unless", "-") not in target.variables:
            yield Finding(
                message=f"{change.name} is {row['why']}",
                evidence=(Evidence(change.where, change.requirement),),
                fix=f"- {change.requirement}\n+ {row['instead']}{_version(change)}",
                log=row["log"],
                cause=f"serving:pkg/{change.name}",
            )


def _raises(change: Change, row: dict[str, Any]) -> bool:
    """Whether the release that pip takes is one that raises: every one since a certain release is."""
    if "://" in change.requirement:
        return False
    if change.after:
        return parsed(change.after) >= parsed(row["since"])
    return allows(change.specifier, row["since"]) or allows(change.specifier, "99999")


def _version(change: Change) -> str:
    return change.specifier if change.name != "sklearn" else ""
