"""
The stacks that stand on the sagemaker-inference toolkit: PyTorch, MXNet, and Multi Model Server with functions.

Its own Transformer is called where it is installed: it finds the functions, counts their arguments, and decodes.
"""

# ruff: noqa: SLF001 - the toolkit keeps the functions that it has found to itself

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import sys
from typing import Any

from doctor.trials.probe.servers import context as contexts
from doctor.trials.probe.servers import functions, surroundings

_PHASES = {
    "_pre_model_fn": "load",
    "_model_fn": "load",
    "_model_warmup_fn": "load",
    "_input_fn": "input",
    "_predict_fn": "predict",
    "_output_fn": "output",
}
_HANDLERS = {
    "pytorch": ("sagemaker_pytorch_serving_container", "sagemaker-pytorch-inference"),
    "torchserve": ("sagemaker_pytorch_serving_container", "sagemaker-pytorch-inference"),
    "mxnet": ("sagemaker_mxnet_serving_container", "sagemaker-mxnet-inference"),
}
JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"


def installed(name: str) -> bool:
    """Say whether a top-level module is there, without importing it."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def version(distribution: str) -> str:
    """Return the installed version of a distribution; "" unknown."""
    try:
        from importlib import metadata

        return metadata.version(distribution)
    except Exception:
        return ""


class Server:
    """A worker that the toolkit's handler service runs in; the restated functions where the toolkit isn't installed."""

    def __new__(cls, request: Any, channel: Any) -> Any:
        package = _HANDLERS.get(request.stack, ("sagemaker_inference", ""))[0]
        if installed("sagemaker_inference") and installed(package):
            return super().__new__(cls)
        return functions.Server(request, channel)

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._package, self._distribution = _HANDLERS.get(request.stack, ("", ""))
        self._server = "ts" if request.stack in ("pytorch", "torchserve") else "mms"
        self._error: BaseException | None = None
        self._service: Any = None
        self._transformer: Any = None
        self.functions = surroundings.own_functions(request)
        self.how = ""
        self.status = 0
        self.takes = (JSON, CSV, NPY, NPZ)
        self.gives = (JSON, CSV, NPY)

    def load(self) -> Any:
        """Do what the server has done when a worker is ready."""
        self._channel.phase("import")
        surroundings.enter(self._request)
        self._watch()
        self._service = self._made()
        self._context = contexts.made(self._request.model_dir, self._server)
        self._service.initialize(self._context)
        self._transformer = self._service._service
        self._told()
        return self._transformer._model

    def _made(self) -> Any:
        if self._package:
            return importlib.import_module(self._package + ".handler_service").HandlerService()
        return importlib.import_module("sagemaker_inference.default_handler_service").DefaultHandlerService()

    def _watch(self) -> None:
        """Have the toolkit tell which function it calls, and keep the exception that it would turn into a status."""
        transformer = importlib.import_module("sagemaker_inference.transformer")
        found = transformer.Transformer._validate_user_module_and_set_functions
        watched = self

        def validated(instance: Any, *args: Any) -> None:
            watched._channel.phase("import")
            found(instance, *args)
            for name, phase in _PHASES.items():
                called = getattr(instance, name, None)
                if called is not None:
                    setattr(instance, name, watched._phased(called, phase))
            own = getattr(instance, "_transform_fn", None)
            if watched.functions["transform_fn"] == "own":
                instance._transform_fn = watched._phased(own, "predict")

        def failed(context: Any, error: Any, _trace: str) -> list[str]:
            watched._error = sys.exc_info()[1]
            context.set_response_status(code=error.status_code, phrase="")
            return [str(error.message)]

        transformer.Transformer._validate_user_module_and_set_functions = validated
        transformer.Transformer.handle_error = staticmethod(failed)

    def _phased(self, called: Any, phase: str) -> Any:
        @functools.wraps(called)
        def told(*args: Any, **named: Any) -> Any:
            self._channel.phase(phase)
            return called(*args, **named)

        marked: Any = told
        with contextlib.suppress(ValueError, TypeError):  # the MXNet toolkit looks at a function without unwrapping it
            marked.__signature__ = inspect.signature(called)
        return marked

    def _told(self) -> None:
        loaded = self._transformer._model_fn
        if self.functions["model_fn"] == "own":
            self.how = "model_fn of {}".format(surroundings.relative(self._request))
        else:
            name = self._distribution or "sagemaker-inference"
            self.how = "{} of {} {}".format(loaded.__name__, name, version(name)).strip()

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """Answer a request as the worker does; raises what the handler raised."""
        self._error, self.status = None, 500
        contexts.ask(self._context, content_type, accept, self._server)
        self._channel.phase("input")
        answers = self._service.handle([{"body": bytearray(body)}], self._context)
        self.status = self._context.get_response_status(0)[0] or 200
        if self._error is not None:
            raise self._error
        self._channel.phase("output")
        given = self._context.get_response_content_type(0)
        try:
            return contexts.wire(answers[0], given), given or ""
        except Exception:
            self.status = 503
            raise
