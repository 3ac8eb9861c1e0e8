"""Check: the model can't be saved again in its framework's own way, or not loaded from what was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The model can't be saved and loaded again",
    fault="load-failure",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html",
)
def round_trip_fails(round_trip: Step) -> Iterator[Finding | Unknown]:
    """
    The model that was loaded was saved as its framework saves models, and what was saved was loaded.

    It serves as it is. But it can't be written again: for another version, another format, or after a change; and what
    is loaded now depends on code that no file of the model holds. Usual reasons: a Keras layer without get_config, a
    lambda in a pipeline, a module that was quantized or otherwise changed after it was made.
    """
    from doctor.trials.proof import unfinished
    from doctor.trials.reading import failure_of

    if reason := unfinished(round_trip):
        yield reason
    for trip in _trips(round_trip):
        failure = failure_of(trip.get("failure"))
        if not failure.line:
            continue
        line = " ".join(failure.line.split())[:400]
        what = "saved again" if failure.phase == "save" else "loaded from what was saved"
        yield Finding(
            message=f"{trip.get('type')} serves, but can't be {what} ({trip.get('way')}): {line}",
            evidence=(Evidence("trial:round-trip", f"{failure.phase}: {line}"),),
            fix=_fix(str(trip.get("framework")), failure.line),
        )


def _trips(step: Step) -> Iterator[Mapping[str, Any]]:
    for trip in (step.value, *(step.value.get("others") or ())):
        if isinstance(trip, dict) and trip.get("failure"):
            yield trip


def _fix(framework: str, line: str) -> str:
    if "get_config" in line:
        return "give the layer a get_config that returns the arguments of its __init__"
    if "lambda" in line or "Can't pickle" in line or "Can't get local object" in line:
        return "put the function into a module under code/, and name it there instead of a lambda or a local function"
    if "loading state_dict" in line:
        return "save the module after the same change as the handler makes (quantize, prune, fuse), or as TorchScript"
    return f"keep what made the model: {framework} alone can't write this one again"
