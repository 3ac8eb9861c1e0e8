"""Looking up rows: indices that don't lie together are copied first."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.memory.rules.base import Operation, size_of


def _embedding(call: Operation) -> Any:
    """Indices of more than one dimension become one (``aten/src/ATen/native/Embedding.cpp``)."""
    indices = call.args[1]
    copied = [] if indices.dim() == 1 or _viewed(indices) else [call.malloc(size_of(indices))]
    result = call.run()
    call.free(*copied)
    return result


def _viewed(tensor: Any) -> bool:
    """Say whether a tensor can be seen as one dimension without a copy."""
    sizes = [(n, step) for n, step in zip(tensor.shape, tensor.stride()) if n != 1]
    return all(step == sizes[i + 1][0] * sizes[i + 1][1] for i, (_, step) in enumerate(sizes[:-1]))


RULES = {"aten::embedding": _embedding}
