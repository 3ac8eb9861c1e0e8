"""The toolkits of serving stacks, where they are installed."""

from __future__ import annotations

import importlib.util
import inspect
from typing import Any


def installed(module: str) -> bool:
    """Say whether a top-level module can be imported, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def called(function: Any, model_dir: str) -> Any:
    """Call a toolkit's default, which takes the model's folder, and in some releases a context."""
    try:
        required = [
            p
            for p in inspect.signature(function).parameters.values()
            if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        ]
    except (TypeError, ValueError):
        required = []
    return function(model_dir, None) if len(required) > 1 else function(model_dir)


def version(distribution: str, module: str = "") -> str:
    """Return the version of a distribution, else what its module says, "" where nothing tells."""
    try:
        from importlib import metadata

        return metadata.version(distribution)
    except Exception:  # Python 3.7 has no importlib.metadata
        return str(getattr(importlib.import_module(module), "__version__", "")) if module else ""


def named(distribution: str) -> str:
    """Return a distribution with its version, as reports name it."""
    return "{} {}".format(distribution, version(distribution)).strip()
