"""The PyTorch toolkit's default_model_fn: TorchScript, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request

_HANDLER = "sagemaker_pytorch_serving_container.default_pytorch_inference_handler"


class ModelLoadError(Exception):
    """What the toolkit raises for a file that is no TorchScript."""


ModelLoadError.__module__ = _HANDLER


def load(request: Request) -> tuple[Any, str]:
    """Return what the toolkit's default loads: model.pt, else the only file with one of its endings."""
    if toolkit.installed("sagemaker_pytorch_serving_container"):
        from sagemaker_pytorch_serving_container.default_pytorch_inference_handler import (  # type: ignore[import-not-found,unused-ignore]
            DefaultPytorchInferenceHandler,
        )

        model = toolkit.called(DefaultPytorchInferenceHandler().default_model_fn, request.model_dir)
        return model, "default_model_fn of " + toolkit.named("sagemaker-pytorch-inference")
    return _loaded(request.model_dir), "torch.jit.load, as the default_model_fn of the PyTorch toolkit does"


def _loaded(model_dir: str) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    path = os.path.join(model_dir, "model.pt")
    if not os.path.exists(path):
        # Of the bare name the toolkit asks whether it is a file: a worker runs in the model's folder.
        found = [name for name in os.listdir(model_dir) if _is_model(model_dir, name)]
        if len(found) != 1:
            raise ValueError(f"Exactly one .pth or .pt file is required for PyTorch models: {found}")
        path = os.path.join(model_dir, found[0])
    try:
        return torch.jit.load(path, map_location=device).to(device)
    except RuntimeError as error:
        raise ModelLoadError(f"Failed to load {path}. Please ensure model is saved using torchscript.") from error


def _is_model(model_dir: str, name: str) -> bool:
    return os.path.splitext(name)[1] in (".pt", ".pth") and os.path.isfile(os.path.join(model_dir, name))
