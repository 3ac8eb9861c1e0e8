"""Check: several TensorFlow models share a GPU whose memory TensorFlow takes whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check
from doctor.savedmodels import in_python

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LIMITS = (
    "*.set_memory_growth", "*.set_logical_device_configuration", "*.set_virtual_device_configuration",
    "*.set_visible_devices",
)  # fmt: skip
_VARIABLES = ("TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR")


@check(
    title="Several TensorFlow models share a GPU that TensorFlow takes whole",
    fault="multi-model",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth",
    symptoms=(r"failed to allocate .* from device: CUDA_ERROR_OUT_OF_MEMORY", r"Dst tensor is not initialized"),
)
def several_tensorflow_models_on_one_gpu(models: Models, handler: Handler, target: Target) -> Iterator[Finding]:
    """
    TensorFlow reserves nearly all memory of the GPU for the process that first uses it.

    Models in one process share what is reserved. A second worker process of the same server, or another framework
    beside it, finds no memory left. Let it grow as needed instead: TF_FORCE_GPU_ALLOW_GROWTH=true.
    """
    loaded = {one.file.path: one for one in in_python(models, handler)}
    if len(loaded) < 2 or not target.gpu:
        return
    if any(v in target.variables for v in _VARIABLES) or any(handler.calls(*_LIMITS)) or _in_source(handler):
        return
    folders = ", ".join(one.folder or "the root" for one in loaded.values())
    yield Finding(
        message=f"{len(loaded)} SavedModels ({folders}) are loaded, and TensorFlow reserves the whole GPU for the "
        "first worker process: a second one finds no memory",
        evidence=(target.evidence(), *(e for one in loaded.values() for e in one.evidence)),
        fix="--env TF_FORCE_GPU_ALLOW_GROWTH=true, or run one worker process per GPU",
        likelihood=Likelihood.POSSIBLE,
        log="failed to allocate ... from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        cause="target:gpu-memory",
    )


def _in_source(handler: Handler) -> bool:
    return any(v in script.text for script in handler.scripts.values() for v in _VARIABLES)
