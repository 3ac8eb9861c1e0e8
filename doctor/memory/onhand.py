"""``doctor fit --measure``: the model run on this machine's GPU, what NVML saw of it beside what was estimated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from doctor.errors import BadInput
from doctor.memory import measuring
from doctor.memory.estimate import Measured
from doctor.memory.gpus import Gpu, on_device
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.memory.estimating import Deployment, Memory


def device() -> measuring.Device:
    """Return the GPU that is measured; BadInput where there is none or the driver doesn't answer."""
    return measuring.chosen(measuring.devices(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def gpu_of(found: measuring.Device) -> Gpu:
    """Return what is known of its kind; its memory and capability are its own."""
    return on_device(found.name, found.capability, found.total)


def measured(deployment: Deployment, memory: Memory) -> Measured:
    """
    Run the model on this machine's GPU as its endpoint would, and return what it took.

    Args:
        deployment: with a place where it can run: --image in an engine, or --serving.
        memory: what was estimated of it.

    Raises BadInput where there is no GPU, no place to run it in, or where it doesn't run.
    """
    from doctor.trials.opening import opened

    found = device()
    if not deployment.plan.trial:
        raise BadInput("--measure: nothing to run it in; give --image, or a virtual environment as --serving")
    with measuring.Meter(found) as meter:
        value = _run(opened(deployment, gpu=True))
    seen = meter.measured()
    return Measured(
        found.name,
        found.driver,
        found.total,
        seen.peak,
        int(value.get("peak_reserved") or 0),
        _estimated(memory, found),
    )


def _run(trial: Any) -> dict[str, Any]:
    try:
        step = trial.step("measure")
    except Unknown as reason:
        raise BadInput(f"--measure: {reason}") from None
    finally:
        trial.close()
    if not step.worked:
        said = step.failure.line if step.failure is not None else f"it ended: {step.ended.value}"
        raise BadInput(f"--measure: the model doesn't run on this GPU: {said}")
    return dict(step.value)


def _estimated(memory: Memory, found: measuring.Device) -> int:
    try:
        need = memory.on(gpu_of(found))
    except Unknown:
        return 0
    return need.size.expected if need is not None else 0
