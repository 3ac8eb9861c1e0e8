"""The request of a trial: what the probe is told of the deployment, one JSON object for all its steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from doctor.trials.packing import NAME, packed
from doctor.trials.values import MODEL_DIR

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile, Port

_MOST_FILES = 500


def files(
    *,
    stack: str,
    models: Iterable[ModelFile],
    sample: bytes | None,
    content_type: str,
    seconds: float,
    endpoint: str = "",
    memory: Mapping[str, Any] | None = None,
) -> Mapping[str, bytes]:
    """
    Return the probe, its request and the sample, by the names that they have in the sandbox.

    Args:
        stack: the serving stack, "" unknown.
        models: that were recognised.
        sample: the body of one request, None without one.
        content_type: of the sample, "" where nothing says.
        seconds: that a step may take.
        endpoint: its kind, "" unknown.
        memory: what the step "memory" is asked, None where it isn't.
    """
    request: dict[str, Any] = {
        "model_dir": MODEL_DIR,  # the command line names another where the sandbox shows it elsewhere
        "stack": stack,
        "models": [_model(m) for m in list(models)[:_MOST_FILES]],
        "sample": "sample" if sample is not None else "",
        "content_type": content_type,
        "seconds": seconds,
        "endpoint": endpoint,
        "memory": dict(memory or {}),
    }
    found = {NAME: packed(), "request.json": json.dumps(request).encode()}
    return {**found, "sample": sample} if sample is not None else found


def _model(file: ModelFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "format": file.format,
        "inputs": [_port(p) for p in file.inputs],
        "outputs": [_port(p) for p in file.outputs],
    }


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "dtype": port.dtype, "shape": None if port.shape is None else list(port.shape)}
