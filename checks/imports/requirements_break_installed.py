"""Check: code/requirements.txt installs a version that an installed package says it can't use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment


@check(
    title="The requirements install what an installed package rules out",
    fault="package-abi-skew",
    severity=Severity.NOTE,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/user_guide/#fixing-conflicting-dependencies",
    symptoms=(r"pip's dependency resolver does not currently take into account all the packages that are installed",),
)
def requirements_break_installed(serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Pip warns of it, installs all the same, and the container starts.

    Whether the installed package works with a version that it rules out shows when it is used; that some surely fail is
    the matter of numpy-abi-skew and package-abi-skew. Pin a version that both allow.
    """
    for change in serving.changes:
        if change.kind != "conflicts":
            continue
        yield Finding(
            message=f"start-up installs {change.name} {change.after}"
            f"{f' in place of {change.before}' if change.before else ''}, and {change.requirement}",
            evidence=(Evidence(change.where, f"{change.name} {change.after}"), serving.evidence(change.name)),
            fix=f"pin what both allow in code/requirements.txt: {change.requirement.split(' requires ')[-1]}",
            likelihood=Likelihood.POSSIBLE,
            log=f"{change.requirement}, but you have {change.name} {change.after} which is incompatible.",
            cause=f"serving:pkg/{change.name}",
        )
