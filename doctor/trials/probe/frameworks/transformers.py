"""Models and pipelines of transformers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks import torch
from doctor.trials.probe.frameworks.base import Adapter, Parameter


def of(model: Any) -> Adapter | None:
    """Return the adapter of a pipeline or a model of PyTorch; tokenizers and processors have none."""
    held = getattr(model, "model", None)
    if hasattr(model, "task") and hasattr(held, "state_dict"):
        return Pipeline()
    return Model() if hasattr(model, "save_pretrained") and hasattr(model, "state_dict") else None


class Model(Adapter):
    """A model."""

    name = "transformers"
    way = "save_pretrained"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its tensors."""
        for name, value in model.state_dict().items():
            yield torch.tensor(str(name), value)

    def size(self, model: Any) -> tuple[int, int]:
        """Return the same without reading the tensors: they may be large."""
        return torch.size_of(dict(model.state_dict()))

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        model.save_pretrained(folder)

    def reload(self, model: Any, folder: str) -> Any:
        """Read it, in the dtype in which it was written."""
        fresh = type(model).from_pretrained(folder, **_dtype(self.version()))
        fresh.train(model.training)
        return fresh


class Pipeline(Model):
    """A pipeline with its tokenizer or processor."""

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield its model's tensors."""
        return Model.parameters(self, model.model)

    def size(self, model: Any) -> tuple[int, int]:
        """Return how many tensors its model has, and their bytes."""
        return Model.size(self, model.model)

    def reload(self, model: Any, folder: str) -> Any:
        """Read it for the same task."""
        import transformers  # type: ignore[import-not-found,unused-ignore]

        return transformers.pipeline(model.task, model=folder, device=model.device, **_dtype(self.version()))


def _dtype(version: str) -> dict[str, str]:
    """Return what asks for the dtype of the file; transformers 5 does so of itself."""
    return {} if int(version.split(".")[0] or 0) >= 5 else {"torch_dtype": "auto"}
