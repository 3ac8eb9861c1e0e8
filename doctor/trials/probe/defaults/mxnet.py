"""The MXNet toolkit's default_model_fn: a symbol, its parameters and its shapes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request

_FILES = ("model-symbol.json", "model-0000.params", "model-shapes.json")


def load(request: Request) -> tuple[Any, str]:
    """Return the module that the toolkit's default binds."""
    if toolkit.installed("sagemaker_mxnet_serving_container"):
        from sagemaker_mxnet_serving_container.default_inference_handler import (  # type: ignore[import-not-found,unused-ignore]
            DefaultMXNetInferenceHandler,
        )

        model = toolkit.called(DefaultMXNetInferenceHandler().default_model_fn, request.model_dir)
        return model, "default_model_fn of " + toolkit.named("sagemaker-mxnet-inference")
    for name in _FILES:
        if not os.path.exists(os.path.join(request.model_dir, name)):
            said = "Failed to load model with default model_fn: missing file {}.Expected files: {}"
            raise ValueError(said.format(name, list(_FILES)))
    raise NotTried("the MXNet toolkit isn't in this environment")
