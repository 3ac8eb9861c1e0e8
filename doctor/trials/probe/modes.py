"""Layers that answer otherwise in training mode, and those of them that did while a request was answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.trials.probe import frameworks


def modules(loaded: Any) -> list[Any]:
    """Return the modules of PyTorch in what a handler loaded."""
    found = [
        part.model if hasattr(part, "task") and hasattr(part, "model") else part
        for _, part, _ in frameworks.parts(loaded)
    ]
    return [m for m in found if hasattr(m, "named_modules") and hasattr(m, "named_parameters")]


def in_training(loaded: Any) -> list[tuple[str, Any]]:
    """Return the layers in training mode that it makes a difference to, by name."""
    return [(name, layer) for module in modules(loaded) for name, layer in module.named_modules() if _differs(layer)]


def class_of(layer: Any) -> str:
    """Return the name of a layer's class, of the one that was scripted for TorchScript."""
    return str(getattr(layer, "original_name", "") or type(layer).__name__)


def _differs(layer: Any) -> bool:
    kind = class_of(layer)
    if not getattr(layer, "training", False):
        return False
    if "Dropout" in kind:
        return float(getattr(layer, "p", 0) or 0) > 0
    return "BatchNorm" in kind


class Watch:
    """
    Tells which layers ran in training mode.

    Args:
        loaded: what the handler loaded.
        counts: says whether what runs now counts: while a request is answered, not while inputs are looked for.

    Attributes:
        ran: {"name", "class"} of each, in order.
    """

    def __init__(self, loaded: Any, counts: Callable[[], bool]) -> None:
        self._counts = counts
        self.ran: list[dict[str, str]] = []
        try:
            for name, layer in in_training(loaded):
                if not hasattr(layer, "original_name"):  # TorchScript takes no hooks of Python
                    layer.register_forward_pre_hook(self._hook(name))
        except Exception:
            self.ran = []

    def _hook(self, name: str) -> Any:
        def ran(layer: Any, _inputs: Any) -> None:
            said = {"name": name, "class": class_of(layer)}
            if layer.training and self._counts() and said not in self.ran and len(self.ran) < 20:
                self.ran.append(said)

        return ran
