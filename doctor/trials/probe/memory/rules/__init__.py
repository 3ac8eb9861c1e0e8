"""
What operators do on a GPU that following their results doesn't show: temporaries, workspaces, choices of kernel.

One module a family; each has RULES, functions by the operator's name without its overload ("aten::mm"). They are
general: no rule knows a model.
"""

from __future__ import annotations

import importlib
from typing import Any

_FAMILIES = (
    "gemm",
    "attention",
    "convolution",
    "softmax",
    "recurrent",
    "indexing",
    "normalisation",
    "reduction",
    "sorting",
    "images",
    "dynamic",
)
_RULES: dict[str, Any] = {}


def of(func: Any) -> Any:
    """Return the rule of an operator, None where it has none."""
    if not _RULES:
        for family in _FAMILIES:
            _RULES.update(importlib.import_module("doctor.trials.probe.memory.rules." + family).RULES)
    return _RULES.get(func._schema.name)  # noqa: SLF001
