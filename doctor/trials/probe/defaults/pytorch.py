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
    """
    Return what the toolkit's default loads: model.pt, and no other name.

    It means to take the only .pt or .pth file as well, but asks whether the bare name is a file of the working
    directory (2.0.25, ``_is_model_file``), which isn't the model's folder in a server.
    """
    before = os.getcwd()
    os.chdir("/")
    try:
        return _load(_seen_by_torchserve(request.model_dir))
    finally:
        os.chdir(before)


def _seen_by_torchserve(model_dir: str) -> str:
    """Return the folder that TorchServe hands on: the lone folder in the model's, where there is nothing else."""
    names = os.listdir(model_dir)
    lone = os.path.join(model_dir, names[0]) if len(names) == 1 else ""
    return lone if lone and os.path.isdir(lone) else model_dir


def _load(model_dir: str) -> tuple[Any, str]:
    if toolkit.installed("sagemaker_pytorch_serving_container"):
        from sagemaker_pytorch_serving_container.default_pytorch_inference_handler import (  # type: ignore[import-not-found,unused-ignore]
            DefaultPytorchInferenceHandler,
        )

        model = toolkit.called(DefaultPytorchInferenceHandler().default_model_fn, model_dir)
        return model, "default_model_fn of " + toolkit.named("sagemaker-pytorch-inference")
    return _loaded(model_dir), "torch.jit.load, as the default_model_fn of the PyTorch toolkit does"


def _loaded(model_dir: str) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    path = os.path.join(model_dir, "model.pt")
    if not os.path.exists(path):
        raise ValueError("Exactly one .pth or .pt file is required for PyTorch models: []")
    try:
        return torch.jit.load(path, map_location=device).to(device)
    except RuntimeError as error:
        raise ModelLoadError(f"Failed to load {path}. Please ensure model is saved using torchscript.") from error
