"""Check: the model was loaded and a part of its weights was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step

_SOME = 5


@check(
    title="The model answers with weights that no file held",
    fault="state-dict-keys",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict",
    symptoms=(r"were not initialized from the model checkpoint", r"newly initialized"),
)
def loaded_weights_missing(load: Step, round_trip: Step) -> Iterator[Finding | Unknown]:
    """
    Weights that the model needs were in no file that was loaded: they are as the constructor drew them, by chance.

    It happens with load_state_dict(strict=False), and with from_pretrained where the file has another head. Nothing
    fails; the answers are noise, other ones in each worker. The finding is made only where no later load fills them,
    and where changing them changes what the model answers.
    """
    from doctor.trials.proof import unfinished

    if reason := unfinished(round_trip):
        yield reason
    missing = round_trip.value.get("missing") or ()
    if not missing or not load.worked:
        return
    loads = [k for k in load.value.get("keys") or () if isinstance(k, dict) and k.get("missing")]
    names = ", ".join(str(name) for name in missing[:_SOME]) + (" …" if len(missing) > _SOME else "")
    if round_trip.value.get("matters") is None or all(".pooler." in f".{name}" for name in missing):
        yield Unknown(f"no load filled {names}; whether the answers depend on that can't be told")
        return
    if not round_trip.value["matters"] or not loads:
        return
    by = loads[0]
    unexpected = by.get("unexpected") or ()
    extra = f"; the file has {len(unexpected)} that the model doesn't know ({unexpected[0]} …)" if unexpected else ""
    yield Finding(
        message=f"no file fills {names} of {by.get('class')}: they are random numbers, and the answers depend on them",
        evidence=(Evidence("trial:load", f"{by.get('by')}: missing {names}{extra}"), *_logged(load)),
        fix="load_state_dict(state, strict=True), and rename or add the keys that it names"
        if by.get("by") == "load_state_dict"
        else "save the fine-tuned model whole with save_pretrained, and load it with the same class",
    )


def _logged(load: Step) -> Iterator[Evidence]:
    for row in load.value.get("logged") or ():
        text = " ".join(str(row.get("message", "")).split()) if isinstance(row, dict) else ""
        if "newly initialized" in text:
            yield Evidence("trial:load", text[:300])
            return
