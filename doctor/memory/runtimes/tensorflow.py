"""
TensorFlow: it takes nearly all of every GPU's memory when it starts, unless it is told to grow.

Whether a model fits is therefore a question of its own need, and of what else is on the GPU. Need: weights as stored,
and what one call makes. Graphs don't state the shapes of values in between, so the range of activations is wide: *low*
is the inputs and outputs of the serving signature, *expected* and *high* are shares of the weights, at least some
times the ends, as measured on CPUs for dense and convolutional models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.base import Port, bytes_by_dtype
from doctor.formats.kinds.savedmodel import SavedModel
from doctor.memory.runtimes.onnx import port_bytes
from doctor.memory.values import Range, Term, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_GROWS = ("set_memory_growth", "allow_growth", "set_logical_device_configuration", "set_virtual_device_configuration")


def takes_all(variables: Mapping[str, str], handler: Handler | None = None) -> bool:
    """Say whether TensorFlow takes nearly all memory of a GPU when it starts: nothing tells it to grow or to stop."""
    if variables.get("TF_FORCE_GPU_ALLOW_GROWTH", "").lower() in {"true", "1"}:
        return False
    if (
        variables.get("TF_GPU_ALLOCATOR") == "cuda_malloc_async"
        or "SAGEMAKER_TFS_FRACTIONAL_GPU_MEM_MARGIN" in variables
    ):
        return False
    lines = (line for script in handler.scripts.values() for line in script.lines) if handler else ()
    return not any(word in line for line in lines for word in (*_GROWS, "per_process_gpu_memory_fraction"))


def gpu_terms(models: Models, workload: Workload) -> list[Term]:
    """Return what a model needs of a GPU beside its context, whatever TensorFlow takes besides."""
    weights, row = _weights(models), load("runtime_memory")["tensorflow"]
    return [
        Term("weights", Range.exactly(weights), "variables as stored"),
        Term("activations", _activations(models, workload, weights), "bounded by the signature and the weights"),
        Term("workspaces", Range(*(n << 20 for n in row["workspace_mib"])), "cuBLAS and cuDNN", Tier.TABLES),
    ]


def _weights(models: Models) -> int:
    """Return the bytes of the variables: of the checkpoints or Keras files, else of graphs that hold them."""
    sizes = [sum(bytes_by_dtype(f.tensors).values()) for f in models.files]
    if sum(sizes):
        return sum(sizes)
    graphs = [f.size for f in models.files if isinstance(f.facts, SavedModel)]
    if not graphs:
        raise Unknown("no file of the artifact states how large TensorFlow's variables are")
    return sum(graphs)


def _activations(models: Models, workload: Workload, weights: int) -> Range:
    row = load("runtime_memory")["tensorflow"]["activations"]
    ends = sum(port_bytes(p, workload) for p in _ports(models))
    return Range(ends, max(ends * row["ends"], int(weights * row["weights"])), max(ends * row["most"], weights))


def _ports(models: Models) -> list[Port]:
    for file in models.files:
        if isinstance(file.facts, SavedModel) and (found := file.facts.serving()):
            return [*found.inputs, *found.outputs]
    return [p for f in models.files for p in (*f.inputs, *f.outputs)]
