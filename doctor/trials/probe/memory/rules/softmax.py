"""Softmax: of rows that don't lie together, and the one of mathematical attention."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.memory.rules.base import Operation


def _safe(call: Operation) -> Any:
    """Rows that are masked whole are found after it: flags of all elements, of rows, and a zero."""
    x = call.args[0]
    result = call.run()
    dim = call.argument(1, "dim", -1)
    flags = (x.numel(), x.numel() // max(int(x.shape[dim]) if x.dim() else 1, 1), result.element_size())
    call.free(*[call.malloc(size) for size in flags])
    return result


RULES = {"aten::_safe_softmax": _safe}
