"""Check: a program that was exported on a GPU is loaded where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.exported import Exported
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import loads, seen, without_gpu

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The program was exported on a GPU and there is none",
    fault="compiled-for-another-target",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/export.html#serialization",
    symptoms=(r"Torch not compiled with CUDA enabled", r"Found no NVIDIA driver on your system"),
    explains=("cuda-without-gpu",),
)
def exported_program_on_gpu(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    torch.export writes down the device of every tensor, and ``torch.export.load`` has no map_location.

    Export the model on the CPU (``model.cpu()``, and inputs on the CPU), or move the program before saving it:
    ``torch.export.passes.move_to_device_pass(program, "cpu")``.
    """
    for load in loads(handler, models, ("torch.export.load",)):
        written = load.file.facts
        if not isinstance(written, Exported) or "cuda" not in written.devices:
            continue
        proof = without_gpu(target, serving)
        if proof is not None:
            name = load.file.path
            yield Finding(
                message=f"{name} was exported on a GPU, and its tensors are on devices {', '.join(written.devices)}",
                evidence=(
                    Evidence(f"artifact:{name}", f'"device": {{"type": "{written.devices[-1]}"}}'),
                    proof,
                    seen(handler, load.call),
                ),
                fix='torch.export.passes.move_to_device_pass(program, "cpu") before torch.export.save',
                log="AssertionError: Torch not compiled with CUDA enabled (in an image for CPUs), "
                "RuntimeError: Found no NVIDIA driver on your system (in one for GPUs)",
                cause=f"artifact:{name}",
            )
