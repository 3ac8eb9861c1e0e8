"""
What the workers of a serving stack find when they start: working directory, import path, main module, handler.

Multi Model Server and TorchServe start workers in the model's folder (WorkerLifeCycle.java of
awslabs/multi-model-server and pytorch/serve) and put it on PYTHONPATH after what the toolkit put there, code/
(EnvironmentUtils.java; sagemaker_pytorch_serving_container/torchserve.py). gunicorn of the TensorFlow Serving image
starts in /sagemaker with code/ and code/lib on its path (sagemaker-tensorflow-serving-container, serve.py); the
scikit-learn and XGBoost images leave the working directory to the image.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
import types
from typing import Any

_IN_MODEL = ("pytorch", "torchserve", "multi-model-server", "mxnet", "huggingface")
_WORKERS = {"pytorch": "ts", "torchserve": "ts", "multi-model-server": "mms", "mxnet": "mms", "huggingface": "mms"}
_KEPT: list[Any] = []


def enter(request: Any) -> None:
    """Make this process look like a worker of the request's stack."""
    code = code_dir(request)
    folders = [code]
    if request.stack in _IN_MODEL:
        os.chdir(request.model_dir)
        folders.append(request.model_dir)
    if request.stack == "tensorflow-serving":
        if os.path.isdir("/sagemaker"):
            os.chdir("/sagemaker")
        folders.append(os.path.join(code, "lib"))
    given = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(folders + ([given] if given else []))
    sys.path[:0] = [f for f in folders if f not in sys.path]
    _own_main(_WORKERS.get(request.stack, ""))


def _own_main(package: str) -> None:
    """Put a main module in place that has no names, as those of the servers have none that a model looks for."""
    module = types.ModuleType("__main__")
    spec = importlib.util.find_spec(package) if package else None
    if spec is not None and spec.origin:
        module.__file__ = os.path.join(os.path.dirname(spec.origin), "model_service_worker.py")
    _KEPT.append(sys.modules.get("__main__"))
    sys.modules["__main__"] = module


def program() -> str:
    """Return the name of the handler's file; the module may be given without .py."""
    named = os.environ.get("SAGEMAKER_PROGRAM") or "inference.py"
    return named if named.endswith(".py") else named + ".py"


def code_dir(request: Any) -> str:
    """Return the folder in which the handler lies: code/, or the root where only that has it and may be named."""
    code = os.path.join(request.model_dir, "code")
    at_root = os.path.isfile(os.path.join(request.model_dir, program()))
    if at_root and request.stack in ("sklearn", "xgboost", "") and not os.path.isfile(os.path.join(code, program())):
        return str(request.model_dir)
    return code


def handler(request: Any) -> str:
    """Return the path of the handler's file; "" without one."""
    path = os.path.join(code_dir(request), program())
    if not os.path.isfile(path) and request.stack in _IN_MODEL:
        path = os.path.join(request.model_dir, program())
    return path if os.path.isfile(path) else ""


def source(request: Any) -> str:
    """Return the handler's text; "" without one, or where it can't be read."""
    path = handler(request)
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def defined(text: str) -> set[str]:
    """Return the names that a module binds at its top level, as far as its text shows them."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found: set[str] = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(t.id for t in node.targets if isinstance(t, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((a.asname or a.name).split(".")[0] for a in node.names)
    return found


def makes_application(text: str) -> bool:
    """Say whether a handler is a web application of its own (``app``) rather than functions that a toolkit calls."""
    names = defined(text)
    return bool(names & {"app", "application"}) and not names & {"model_fn", "transform_fn", "predict_fn"}


def own_functions(request: Any) -> dict[str, str]:
    """Return which of the handler's functions are its own."""
    names = defined(source(request))
    hooks = ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
    return {hook: "own" if hook in names else "default" for hook in hooks}


def relative(request: Any) -> str:
    """Return the handler's path as reports write it."""
    return os.path.relpath(handler(request) or code_dir(request), request.model_dir)
