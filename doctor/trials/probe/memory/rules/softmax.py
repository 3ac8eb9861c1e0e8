"""Softmax: of rows that don't lie together, and the one of mathematical attention."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.memory.rules.base import Operation, size_of


def _softmax(call: Operation) -> Any:
    """The input is made contiguous after the result is there (``SoftMax.cu``)."""
    result = call.run()
    if result.device.type == "cuda" and not call.args[0].is_contiguous():
        call.free(call.malloc(size_of(call.args[0])))
    return result


def _safe(call: Operation) -> Any:
    """Rows that are masked whole are found after it: flags of all elements, of rows, and a zero."""
    x = call.args[0]
    result = call.run()
    dim = call.argument(1, "dim", -1)
    flags = (x.numel(), x.numel() // max(int(x.shape[dim]) if x.dim() else 1, 1), result.element_size())
    call.free(*reversed([call.malloc(size) for size in flags]))
    return result


RULES = {"aten::_softmax": _softmax, "aten::_log_softmax": _softmax, "aten::_safe_softmax": _safe}
