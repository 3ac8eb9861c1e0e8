"""What to change where a model doesn't fit the instance that was asked for, a sentence each, the cheapest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.memory.fitting import Fit, amount
from doctor.memory.larger import is_retired
from doctor.memory.values import Place, Verdict

if TYPE_CHECKING:
    from doctor.memory.estimate import Estimate
    from doctor.memory.estimating import Memory
    from doctor.memory.fitting import Held

_WIDE = ("float32", "float64")


def advice(memory: Memory, estimate: Estimate) -> Iterator[str]:
    """
    Yield what would make the model fit.

    Args:
        memory: what it needs.
        estimate: how that was held against instance types.
    """
    chosen = estimate.of(estimate.chosen) if estimate.chosen else None
    if chosen is None or chosen.verdict not in {Verdict.TIGHT, Verdict.DOES_NOT_FIT}:
        return
    yield from _for_the_code(memory, chosen)
    for held in chosen.held:
        yield from _fewer_workers(held)
    yield from _less_at_a_time(memory, chosen)
    yield from _another_instance(estimate, with_gpu=bool(chosen.gpus))


def _for_the_code(memory: Memory, chosen: Fit) -> Iterator[str]:
    """What costs a line of the script: gradients left on, and weights that are wider than they need be."""
    gpu = chosen.at(Place.GPU)
    if gpu is None or gpu.verdict is Verdict.FITS:
        return
    runs = memory.traced.runs if memory.traced is not None else ()
    if any(run.gradients for run in runs):
        yield "predict with torch.inference_mode(): what gradients need is kept"
    wide = sum(
        size for file in memory.subject.models.files for dtype, size in _bytes(file.tensors).items() if dtype in _WIDE
    )
    stored = sum(t.size.expected for t in gpu.need.terms if t.name == "weights")
    if 2 * wide > stored > 0:
        yield f"load the weights in 16 bits (model.half()): that saves {amount(min(wide, stored) // 2)} a process"


def _bytes(tensors: tuple[object, ...]) -> dict[str, int]:
    from doctor.formats.kinds.base import bytes_by_dtype

    return bytes_by_dtype(tensors)  # type: ignore[arg-type]


def _fewer_workers(held: Held) -> Iterator[str]:
    """As many as fit, where several share a memory and one of them does."""
    one = held.need.size.high
    fits = held.room.low // one if one else 0
    if held.verdict is not Verdict.FITS and 1 <= fits < held.processes:
        where = "GPU" if held.place is Place.GPU else "host"
        yield f"run {fits} instead of {held.processes} workers on the {where} (SAGEMAKER_MODEL_SERVER_WORKERS)"


def _less_at_a_time(memory: Memory, chosen: Fit) -> Iterator[str]:
    most, asked = chosen.most.get("batch", 0), memory.subject.workload.batch
    if 0 < most < asked:
        yield f"answer at most {most} rows at a time instead of {asked}"


def _another_instance(estimate: Estimate, *, with_gpu: bool) -> Iterator[str]:
    fits = [f for f in estimate.fits if f.verdict is Verdict.FITS and bool(f.gpus) == with_gpu]
    fits = [f for f in fits if not is_retired(f.instance)] or fits
    if fits:
        one = fits[0]
        gpu = one.at(Place.GPU)
        room = f": {gpu.share:.0%} of its {one.gpu.name}" if gpu is not None and one.gpu is not None else ""
        yield f"take {one.instance}{room}"
