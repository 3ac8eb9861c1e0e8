"""Check: the model comes back from a file other than it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The model is another after it was saved and loaded",
    fault="state-dict-keys",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html",
)
def round_trip_differs(round_trip: Step) -> Iterator[Finding | Unknown]:
    """
    The model that was loaded was saved as its framework saves models, and loaded again; the two don't agree.

    Parameters are compared bit for bit, answers within the tolerance of their dtype. It serves as it is; but the file
    that would be written of it holds another model: state that isn't a parameter or a buffer, a dtype that the format
    lacks, a value that is computed when it is loaded.
    """
    from doctor.trials.proof import unfinished

    if reason := unfinished(round_trip):
        yield reason
    for trip in (round_trip.value, *(round_trip.value.get("others") or ())):
        if not isinstance(trip, dict) or trip.get("failure"):
            continue
        evidence = tuple(_seen(trip))
        if evidence:
            yield Finding(
                message=f"{trip.get('type')} isn't the same after {trip.get('way')}: {evidence[0].saw}",
                evidence=evidence,
                fix="keep what the model answers with where saving takes it: register_buffer, get_config, __getstate__",
            )


def _seen(trip: Mapping[str, Any]) -> Iterator[Evidence]:
    outputs = trip.get("outputs")
    if isinstance(outputs, dict) and not outputs.get("equal"):
        yield Evidence(
            "trial:round-trip", f"answers differ: {outputs.get('difference')} (input: {outputs.get('input')})"
        )
    for row in list(trip.get("differ") or ())[:5]:
        if isinstance(row, dict):
            yield Evidence("trial:round-trip", f"{row.get('name')}: {row.get('before')}, then {row.get('after')}")
