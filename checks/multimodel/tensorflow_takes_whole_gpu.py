"""Check: models of TensorFlow, a process each, share a GPU that the first of them takes whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member
    from doctor.target import Target

_FORMATS = ("savedmodel", "keras", "hdf5")
_LIMITS = (
    "*.set_memory_growth", "*.set_logical_device_configuration", "*.set_virtual_device_configuration",
    "*.set_visible_devices",
)  # fmt: skip
_VARIABLES = ("TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR", "CUDA_VISIBLE_DEVICES")


@check(
    title="Models of TensorFlow, a process each, share a GPU that the first takes whole",
    fault="gpu-memory",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/gpu#limiting_gpu_memory_growth",
    symptoms=(
        r"failed to allocate .* from device: CUDA_ERROR_OUT_OF_MEMORY",
        r"Dst tensor is not initialized",
        r"CUDNN_STATUS_NOT_INITIALIZED|CUBLAS_STATUS_NOT_INITIALIZED",
    ),
)
def tensorflow_takes_whole_gpu(fleet: Fleet, stack: str, target: Target) -> Iterator[Finding]:
    """
    TensorFlow maps nearly all memory of the GPU for the process that first uses it, however small its model.

    A server that gives each model a process of its own (Multi Model Server, TorchServe, the TensorFlow Serving
    container with several models) then has none left for the second model. Let it grow as needed:
    TF_FORCE_GPU_ALLOW_GROWTH=true, or set_memory_growth before anything is loaded. Triton runs all models in one
    process. This is asked where several artifacts are given.
    """
    if stack not in load("multi_model")["process_per_model"] or not target.gpu:
        return
    if any(v in target.variables for v in _VARIABLES):
        return
    takers = [m for m in fleet if _uses_tensorflow(m, stack)]
    whole = [m for m in takers if not _limited(m)]
    if len(takers) < 2 or not whole:
        return
    first = whole[0]
    others = [m.name for m in takers if m is not first]
    yield Finding(
        message=f"once {first.name} is loaded, TensorFlow holds nearly all of the GPU's memory for its process, and "
        f"{others[0]}{f' and {len(others) - 1} more' if len(others) > 1 else ''} can't be loaded beside it",
        evidence=(*(_seen(m) for m in takers[:5]), Evidence("target:stack", f"{stack}: a process for each model"),
                  target.evidence()),
        fix="--env TF_FORCE_GPU_ALLOW_GROWTH=true",
        likelihood=Likelihood.LIKELY,
        log="failed to allocate ... from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory",
        cause="target:gpu-memory",
    )  # fmt: skip


def _uses_tensorflow(member: Member, stack: str) -> bool:
    if not any(f.format in _FORMATS for f in member.models.files):
        return False
    return stack == "tensorflow-serving" or (bool(_imports(member)) and not _without_cuda(member))


def _without_cuda(member: Member) -> bool:
    """Say whether its TensorFlow is surely the build for CPUs."""
    try:
        packages = member.serving.packages
    except Unknown:
        return False
    return "tensorflow-cpu" in packages and "tensorflow" not in packages


def _imports(member: Member) -> list[tuple[str, int]]:
    made = (i for i in member.handler.imports() if i.module.split(".")[0] in {"tensorflow", "keras", "tf_keras"})
    return [(i.path, i.line) for i in made]


def _limited(member: Member) -> bool:
    handler = member.handler
    if any(handler.calls(*_LIMITS)):
        return True
    return any(v in "\n".join(script.lines) for script in handler.scripts.values() for v in _VARIABLES)


def _seen(member: Member) -> Evidence:
    imported = _imports(member)
    if imported:
        path, line = imported[0]
        return member.seen(f"{path}:{line}", member.handler.scripts[path].lines[line - 1].strip())
    file = next(f for f in member.models.files if f.format in _FORMATS)
    return member.seen(file.path, file.format)
