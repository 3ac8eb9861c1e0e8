"""Looking up rows: indices that don't lie together are copied first."""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of


def _embedding(call: Operation) -> Any:
    """Indices of more than one dimension become one (``aten/src/ATen/native/Embedding.cpp``)."""
    indices = call.args[1]
    copied = [] if indices.dim() == 1 or _viewed(indices) else [call.malloc(size_of(indices))]
    result = call.run()
    call.free(*copied)
    return result


def _bags(call: Operation) -> Any:
    """Sizes and places of bags come before the result (``EmbeddingBag.cu``)."""
    result = call.func(*call.args, **call.kwargs)
    call.track(result[2], result[1], result[0], result[3])
    return result


def _one_hot(call: Operation) -> Any:
    """Zeros, into which ones are scattered; torch compares fake tensors with a range instead."""
    x, classes = call.args[0], call.argument(1, "num_classes", -1)
    if x.device.type != "cuda" or classes <= 0:
        return NotImplemented
    with call.seen():
        return torch.zeros((*x.shape, classes), dtype=x.dtype, device=x.device).scatter_(-1, x.unsqueeze(-1), 1)


def _cumulated(call: Operation) -> Any:
    """What is of another dtype than the result is cast first."""
    result = call.run()
    if result.device.type == "cuda" and result.dtype != call.args[0].dtype:
        call.free(call.malloc(size_of(result)))
    return result


def _dropped(call: Operation) -> Any:
    """The mask comes before the result."""
    result = call.func(*call.args, **call.kwargs)
    call.track(result[1], result[0])
    return result


def _viewed(tensor: Any) -> bool:
    """Say whether a tensor can be seen as one dimension without a copy."""
    sizes = [(n, step) for n, step in zip(tensor.shape, tensor.stride()) if n != 1]
    return all(step == sizes[i + 1][0] * sizes[i + 1][1] for i, (_, step) in enumerate(sizes[:-1]))


RULES = {
    "aten::embedding": _embedding,
    "aten::_embedding_bag": _bags,
    "aten::_embedding_bag_forward_only": _bags,
    "aten::one_hot": _one_hot,
    "aten::cumsum": _cumulated,
    "aten::native_dropout": _dropped,
}
