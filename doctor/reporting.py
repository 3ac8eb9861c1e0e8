"""One deployment and the checks to ask of it, made into a report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from doctor.deployment import FLEET, TRIALS, Deployment
from doctor.errors import BadInput, NothingExamined
from doctor.examine import examine
from doctor.model import Check, Evidence, Report, Status, Unknown
from doctor.rank import rank

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile


def report_on(deployment: Deployment, checks: tuple[Check, ...]) -> Report:
    """
    Examine a deployment.

    Raises BadInput where something given can't be read, or where there is nothing to examine: no such artifact, or
    nothing in it that any reader knows.
    """
    _read_all_that_was_given(deployment)
    outcomes = examine(_asked(deployment, checks), deployment)
    tried = None
    if deployment.trial is not None:
        from doctor.trials.telling import judged_and_told

        outcomes, tried = judged_and_told(outcomes, deployment.trial)
    report = Report(_subject(deployment), rank(outcomes), outcomes, _unexamined(deployment), tried)
    if not any(o.status in {Status.CLEAR, Status.FOUND, Status.CRASHED} for o in outcomes):
        reasons = sorted({r for o in outcomes for r in o.reasons})
        raise NothingExamined(f"nothing could be examined: {'; '.join(reasons[:3])}")
    if not report.findings and tried is None and _nothing_in(deployment):
        raise BadInput(
            f"{deployment.plan.artifact}: nothing to examine: no model format or handler script recognised in it"
        )
    return report


def _asked(deployment: Deployment, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """
    Leave out what nobody asked for, so that it isn't told of each check that it couldn't be known.

    Those are the checks of trials without --trial, and the checks of several models where there is one.
    """
    unasked = {FLEET} if deployment.plan.trial else {FLEET, *TRIALS}
    return tuple(c for c in checks if not unasked & {*c.inputs})


def _read_all_that_was_given(deployment: Deployment) -> None:
    """A mistyped path is told even where none of the chosen checks would have asked for that part."""
    for name in ("image", "serving", "training", "sample"):
        if getattr(deployment.plan, name):
            with suppress(Unknown):
                deployment.part(name)


def _nothing_in(deployment: Deployment) -> bool:
    examined = deployment.read()
    if examined.models or examined.broken:
        return False
    try:
        return not (deployment.part("handler").scripts or deployment.part("models").files)
    except Unknown:
        return False


def _subject(deployment: Deployment) -> dict[str, Any]:
    plan = deployment.plan
    subject: dict[str, Any] = {"artifact": plan.artifact, **plan.told()}
    if plan.variables:
        subject["variables"] = dict(plan.variables)
    return subject


def _unexamined(deployment: Deployment) -> tuple[Evidence, ...]:
    examined = deployment.read()
    parts = tuple(_parts_of(examined.models))
    unknown = [
        Evidence(f"artifact:{path}", "no model format known here")
        for path in examined.unrecognised
        if not path.startswith(parts)
    ]
    broken = [
        Evidence(f"artifact:{b.path}", f"can't be read as {b.format}: {b.reason}") for b in examined.broken.values()
    ]
    return (*unknown, *broken)


def _parts_of(models: tuple[ModelFile, ...]) -> Iterator[str]:
    """Where the files lie that belong to a model and are no format of their own: variables, external weights."""
    for model in models:
        folder = model.path.rpartition("/")[0]
        home = f"{folder}/" if folder else ""
        if model.format == "savedmodel":
            yield from (f"{home}{name}" for name in ("variables/", "assets/", "fingerprint.pb", "keras_metadata.pb"))
        for place in getattr(model.facts, "external", ()):
            yield f"{home}{getattr(place, 'location', place)}"
