"""The Hugging Face toolkit: its own handler service, called where it is installed."""

from __future__ import annotations

import importlib
from typing import Any

from doctor.trials.probe.servers import context as contexts
from doctor.trials.probe.servers import functions, surroundings
from doctor.trials.probe.servers.toolkit import installed, version

_TOOLKIT = "sagemaker_huggingface_inference_toolkit"
_PHASES = {
    "load": "load",
    "preprocess": "input",
    "predict": "predict",
    "postprocess": "output",
}


class Server:
    """A worker that the toolkit's handler service runs in; restated functions where the toolkit isn't installed."""

    def __new__(cls, request: Any, channel: Any) -> Any:
        if installed(_TOOLKIT) and installed("mms"):
            return super().__new__(cls)
        return functions.Server(request, channel)

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._service: Any = None
        self._context: Any = None
        self.functions = surroundings.own_functions(request)
        self.how = ""
        self.status = 0
        self.takes = ("application/json", "text/csv")
        self.gives = ("application/json", "text/csv")

    def load(self) -> Any:
        """Do what the server has done when a worker is ready."""
        self._channel.phase("import")
        surroundings.enter(self._request)
        self._service = importlib.import_module(_TOOLKIT + ".handler_service").HuggingFaceHandlerService()
        self._context = contexts.made(self._request.model_dir, "mms")
        validate = self._service.validate_and_initialize_user_module

        def validated() -> None:
            validate()
            self._phase_functions()

        self._service.validate_and_initialize_user_module = validated
        self._service.initialize(self._context)
        return self._service.model

    def _phase_functions(self) -> None:
        for name, phase in _PHASES.items():
            setattr(self._service, name, self._phased(getattr(self._service, name), phase))
        if self.functions["transform_fn"] == "own":
            self._service.transform_fn = self._phased(self._service.transform_fn, "predict")
        if self.functions["model_fn"] == "own":
            self.how = "model_fn of {}".format(surroundings.relative(self._request))
        else:
            self.how = "load of sagemaker-huggingface-inference-toolkit {}".format(
                version("sagemaker-huggingface-inference-toolkit")
            )

    def _phased(self, called: Any, phase: str) -> Any:
        def told(*args: Any, **named: Any) -> Any:
            self._channel.phase(phase)
            return called(*args, **named)

        return told

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """
        Answer a request as the worker does; raises what the handler raised.

        Every exception is HTTP 400 (handle in handler_service.py), so the status doesn't tell whose fault it is.
        """
        self.status = 400
        contexts.ask(self._context, content_type, accept, "mms")
        self._channel.phase("input")
        try:
            (answer,) = self._service.handle([{"body": bytearray(body)}], self._context)
        except Exception as error:
            within = error.__context__
            if type(error).__name__ == "PredictionException" and within is not None:
                raise within from None
            raise
        self._channel.phase("output")
        given = self._context.get_response_content_type(0)
        try:
            written = contexts.wire(answer, given)
        except Exception:
            self.status = 503
            raise
        self.status = self._context.get_response_status(0)[0] or 200
        return written, given or ""
