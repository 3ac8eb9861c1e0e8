"""
The serving stacks that the probe can play: one module each, chosen by `of`.

Each server has ``load() -> model``, ``how``, ``transform(body, content_type, accept) -> (answer, accept)``,
``functions`` (which of the handler's functions are its own), ``status`` (the HTTP status that the stack would give
the last request), ``takes`` and ``gives`` (the content types of its default input and output).
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from doctor.trials.probe.failures import NotTried

_SERVERS = {
    "pytorch": "toolkit",
    "torchserve": "toolkit",
    "multi-model-server": "toolkit",
    "mxnet": "toolkit",
    "huggingface": "huggingface",
    "sklearn": "functions",
    "xgboost": "functions",
    "tensorflow-serving": "tensorflow_serving",
    "mlflow": "mlflow",
}


def of(request: Any, channel: Any) -> Any:
    """Return the server that plays the stack of a request."""
    name = _SERVERS.get(request.stack) or _unknown(request)
    module = importlib.import_module("doctor.trials.probe.servers." + name)
    return module.Server(request, channel)


def _unknown(request: Any) -> str:
    from doctor.trials.probe.servers import surroundings

    if request.stack not in ("", "own", "byoc"):
        raise NotTried(
            "requests to {} are answered by a server of its own, not by Python functions".format(request.stack)
        )
    source = surroundings.source(request)
    if os.path.isfile(os.path.join(request.model_dir, "MLmodel")) and not source:
        return "mlflow"
    if surroundings.makes_application(source):
        return "application"
    if request.stack:
        raise NotTried("what a container of one's own does with a model and a request, only its own server tells")
    return "functions"
