"""Several artifacts examined: each alone, then together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.deployment import FLEET, Deployment
from doctor.errors import NothingExamined
from doctor.examine import ask, examine
from doctor.fleet import SHARED, Asking, Fleet, Member, OneOfSeveral, Trial, members, names
from doctor.model import Check, Likelihood, Report, Severity, Status, Unknown
from doctor.rank import rank
from doctor.reporting import report_on

if TYPE_CHECKING:
    from doctor.artifact.reading import Watch
    from doctor.deployment import Plan
    from doctor.environment import Environment

PART = FLEET
# Areas whose checks tell what becomes of a file under another version of a library.
_AREAS = ("versions", "serialization")


class FleetReport(NamedTuple):
    """
    What was found of several artifacts behind one endpoint.

    Args:
        members: what each is called, and its own report.
        together: what they come to as one endpoint.
    """

    members: tuple[tuple[str, Report], ...]
    together: Report

    @property
    def reports(self) -> tuple[Report, ...]:
        """All of them, the members' first."""
        return (*(report for _name, report in self.members), self.together)

    @property
    def peaks(self) -> dict[str, int]:
        """Bytes at most of each member that a trial loaded, by its name; without those of which nothing tells."""
        ran = ((name, step) for name, report in self.members if report.tried for step in report.tried.steps)
        return {name: step.peak for name, step in ran if step.name == "load" and step.result == "worked" and step.peak}

    def status(self, fail_on: Severity | None) -> int:
        """Return the exit status: 1 where anything found is at or above `fail_on`, else 2 where a check crashed."""
        reports = self.reports
        if fail_on is not None and any(r.check.severity >= fail_on for report in reports for r in report.findings):
            return 1
        return 2 if any(o.status is Status.CRASHED for report in reports for o in report.outcomes) else 0


def of_one(check: Check) -> bool:
    """Say whether a check is asked where there is only one artifact."""
    return PART not in check.inputs


def of_endpoint(check: Check) -> bool:
    """Say whether a check asks nothing of an artifact: of several it is asked once, for the endpoint."""
    return PART in check.inputs or {*check.inputs} <= {*SHARED, "stack"}


def check_fleet(
    paths: tuple[str, ...],
    plan: Plan,
    checks: tuple[Check, ...],
    watch: Watch | None = None,
    given: Mapping[str, Mapping[str, Any]] | None = None,
) -> FleetReport:
    """
    Examine several artifacts behind one endpoint: each alone, then together.

    Args:
        paths: artifacts, or directories of them, as the user named them.
        plan: what the user said of the endpoint; without a kind it is one that serves several models.
        checks: to be asked.
        watch: told of bytes read.
        given: parts of members that are there already (what trials saw), by the member's name.

    Raises BadInput where something given can't be read, or nothing in a member is known.
    """
    found = members(paths)
    plan = plan if plan.endpoint else plan._replace(endpoint="multi-model")
    common = Deployment(plan)
    ready = given or {}
    fleet = Fleet(
        tuple(
            Member(name, OneOfSeveral(plan._replace(artifact=path), common, ready.get(name), watch))
            for name, path in zip(names(found), found, strict=True)
        ),
        asking(checks),
    )
    return report_on_fleet(fleet, common, checks)


def report_on_fleet(fleet: Fleet, common: Deployment, checks: tuple[Check, ...]) -> FleetReport:
    """
    Return the reports of members that are there already.

    Args:
        fleet: the members.
        common: the deployment of what they share.
        checks: to be asked.
    """
    alone = tuple(c for c in checks if not of_endpoint(c))
    shared = tuple(c for c in checks if of_endpoint(c))
    # One after the other: each may have a trial's files.
    each = tuple((m.name, _alone(m, alone, may_be_empty=bool(shared))) for m in fleet)
    together = OneOfSeveral(common.plan, common, {PART: fleet, **_stack(fleet)})
    outcomes = examine(shared, together)
    if not any(o.status is not Status.UNKNOWN for r in (*(one.outcomes for _name, one in each), outcomes) for o in r):
        reasons = sorted({r for o in outcomes for r in o.reasons})
        raise NothingExamined(f"nothing could be examined: {'; '.join(reasons[:3])}")
    subject = {"artifacts": [m.name for m in fleet], **common.plan.told()}
    if common.plan.variables:
        subject["variables"] = dict(common.plan.variables)
    return FleetReport(each, Report(subject, rank(outcomes), outcomes))


def _alone(member: Member, checks: tuple[Check, ...], *, may_be_empty: bool) -> Report:
    deployment = member.deployment
    try:
        report = report_on(deployment, checks)
    except NothingExamined:
        if not may_be_empty:
            raise
        return Report({"artifact": deployment.plan.artifact}, (), examine(checks, deployment))
    else:
        if deployment.trial is not None:
            with suppress(Unknown):
                deployment.part("load")  # its peak is asked for later, when the trial's files are gone
        return report
    finally:
        deployment.close()


def _stack(fleet: Fleet) -> Mapping[str, Any]:
    """The serving stack is one for all members: the first that can tell says which."""
    told = (_stack_of(member) for member in fleet)
    stack = next((s for s in told if s), "")
    return {"stack": stack} if stack else {}


def _stack_of(member: Member) -> str:
    try:
        stack: str = member.deployment.part("stack")
    except Unknown:
        return ""
    return stack


def asking(checks: tuple[Check, ...]) -> Asking:
    """Return what says how a member fares in another environment, by the checks of versions."""
    chosen = tuple(c for c in checks if c.area in _AREAS and "serving" in c.inputs)

    def tried(member: Member, environment: Environment) -> Trial:
        places = {f"{environment.role}:pkg/{name}" for name in environment.packages}
        deployment, unsure = _InOther(member, environment), ""
        for check in chosen:
            outcome = ask(check, deployment)
            about = [f for f in outcome.findings if any(e.where in places for e in f.evidence)]
            sure = [f for f in about if f.likelihood > Likelihood.POSSIBLE and check.severity is Severity.ERROR]
            if sure:
                return Trial(sure[0])
            named = (r for r in outcome.reasons if any(name in r for name in environment.packages))
            unsure = unsure or next(iter((*(f.message for f in about), *named)), "")
        return Trial(None, unsure)

    return tried


class _InOther:
    """A member's parts, with another environment in place of its own."""

    def __init__(self, member: Member, environment: Environment) -> None:
        self._member = member
        self._environment = environment

    def part(self, name: str) -> Any:
        """Return a part."""
        if name == "serving":
            return self._environment
        if name == "image":
            raise Unknown("another environment is asked for")
        return self._member.deployment.part(name)
