"""Which operators' use of memory is known."""

from __future__ import annotations

from typing import Any


def exact(func: Any) -> bool:
    """Say whether an operator is known to ask for what its rule, or its results, say."""
    return bool(func.namespace == "aten")
