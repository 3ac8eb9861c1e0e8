"""
ONNX and onnxruntime: a model of every operator set, format and set of ai.onnx.ml, and of operators that came late.

Each environment has the onnx of its onnxruntime's time: the first writes, the second reads. What all releases of onnx
write alike is written by one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

_OLD = ("numpy==1.21.6", "protobuf==3.20.3")
_MIDDLE = ("numpy==1.26.4", "protobuf==4.25.8")
_NEW = ("numpy==2.3.5", "protobuf==6.33.2")

_HANDLER = """\
import os

import onnxruntime


def model_fn(model_dir):
    path = os.path.join(model_dir, "{path}")
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def predict_fn(input_data, model):
    return model.run(None, input_data)
"""


def _served(name: str) -> Served:
    path = "model/model.onnx" if name == "external" else name
    place = path.partition("/")[0]
    return Served("pytorch", place, {"code/inference.py": _HANDLER.format(path=path)})


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements.__main__ import HOME
    from measurements.onnx_limits import derive

    return derive(measured, HOME / "envs")


def _env(runtime: str, onnx: str, python: str, pins: tuple[str, ...]) -> Env:
    return Env(runtime, python, (f"onnxruntime=={runtime}", f"onnx=={onnx}", *pins))


FAMILY = Family(
    name="onnx",
    leading="onnxruntime",
    environments=(
        _env("1.8.1", "1.9.0", "3.8", _OLD),
        _env("1.9.0", "1.10.1", "3.8", _OLD),
        _env("1.10.0", "1.10.2", "3.8", _OLD),
        _env("1.11.1", "1.11.0", "3.8", _OLD),
        _env("1.12.1", "1.12.0", "3.8", ("numpy==1.21.6", "protobuf==3.20.1")),
        _env("1.13.1", "1.13.1", "3.8", _OLD),
        _env("1.14.1", "1.14.1", "3.8", _OLD),
        _env("1.15.1", "1.14.1", "3.11", _MIDDLE),
        _env("1.16.3", "1.15.0", "3.11", _MIDDLE),
        _env("1.17.3", "1.15.0", "3.11", _MIDDLE),
        _env("1.18.1", "1.16.2", "3.11", _MIDDLE),
        _env("1.20.1", "1.17.0", "3.11", _MIDDLE),
        _env("1.21.1", "1.17.0", "3.11", _MIDDLE),
        _env("1.22.1", "1.18.0", "3.11", _MIDDLE),
        _env("1.23.2", "1.19.1", "3.11", _MIDDLE),
        _env("1.24.4", "1.20.1", "3.11", _NEW),
        _env("1.25.1", "1.21.0", "3.11", _NEW),
        _env("1.28.0", "1.22.0", "3.11", _NEW),
        _env("1.31.1", "1.23.2", "3.11", _NEW),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"onnxruntime=={version}", "onnx", "numpy==2.3.5")),
    derive=_derived,
    together=True,
)
