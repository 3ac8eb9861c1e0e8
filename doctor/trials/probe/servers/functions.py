"""
A handler's functions called as a toolkit would, where the toolkit itself isn't there.

scikit-learn and XGBoost: sagemaker_sklearn_container/serving.py over sagemaker_containers/_transformer.py 2.8.6, which
hands over no context and doesn't count arguments. PyTorch without its toolkit, and handlers of no known stack:
sagemaker_inference/transformer.py 1.10.1, which does.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import textwrap
from typing import Any

from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.servers import codecs, context, surroundings

_BOTH = "Cannot use transform_fn implementation {} input_fn, predict_fn, and/or output_fn{}"
_PLAIN = ("sklearn", "xgboost")


class Server:
    """The chain of functions."""

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._plain = request.stack in _PLAIN
        self._module: Any = None
        self._context: Any = None
        self._model: Any = None
        self.functions = surroundings.own_functions(request)
        self.how = ""
        self.status = 0
        self.takes: tuple[str, ...] = (codecs.JSON, codecs.CSV, codecs.NPY, codecs.NPZ)
        if request.stack == "huggingface":
            self.takes = (codecs.JSON,)
        if request.stack == "xgboost":
            self.takes = (codecs.CSV, codecs.LIBSVM)
        self.gives: tuple[str, ...] = (codecs.JSON, codecs.CSV, codecs.NPY)
        if request.stack == "huggingface":
            self.gives = (codecs.JSON,)

    def load(self) -> Any:
        """Import the handler and have it, or the stack's default, load the model."""
        self._channel.phase("import")
        surroundings.enter(self._request)
        self._context = context.made(self._request.model_dir, "ts" if self._request.stack == "pytorch" else "mms")
        if self._has_module():
            self._module = importlib.import_module(os.path.splitext(surroundings.program())[0])
        self._validate()
        own = getattr(self._module, "model_fn", None)
        if own is not None:
            self._channel.phase("load")
            self.how = "model_fn of {}".format(surroundings.relative(self._request))
            self._model = self._called(own, self._request.model_dir)
        else:
            from doctor.trials.probe import defaults

            self._model, self.how = defaults.load(self._request, self._channel)
        return self._model

    def _has_module(self) -> bool:
        if surroundings.handler(self._request):
            return True
        return bool(os.environ.get("SAGEMAKER_PROGRAM")) and self._plain

    def _validate(self) -> None:
        own = {name: getattr(self._module, name, None) for name in self.functions}
        self.functions = {name: "own" if found else "default" for name, found in own.items()}
        if own["transform_fn"] and (own["input_fn"] or own["predict_fn"] or own["output_fn"]):
            if self._plain:
                raise ValueError(_BOTH.format("with", ""))
            raise ValueError(_BOTH.format("in conjunction with", " implementation"))

    def _called(self, function: Any, *given: Any) -> Any:
        if self._plain:
            return function(*given)
        count = len(inspect.signature(function).parameters)
        if count == len(given):
            return function(*given)
        if count == len(given) + 1:
            return function(*(given + (self._context,)))
        raise TypeError("{} takes {} arguments but {} were given.".format(function.__name__, count, len(given)))

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """Answer a request; raises what a function raised."""
        self._answerable()
        self.status = 500
        server = "ts" if self._request.stack == "pytorch" else "mms"
        context.ask(self._context, content_type, accept, server)
        if not accept or accept == "*/*":
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", codecs.JSON)
        content_type = content_type or (codecs.JSON if self._plain else content_type)
        self._channel.phase("input")
        given = bytes(body).decode("utf-8") if content_type in codecs.TEXTS else body
        if self.functions["transform_fn"] == "own":
            self._channel.phase("predict")
            result = self._called(self._module.transform_fn, self._model, given, content_type, accept)
        else:
            result = self._steps(given, content_type, accept)
        answer, kind = result if isinstance(result, tuple) else (result, accept)
        written = self._written(answer, kind, paired=isinstance(result, tuple))
        self.status = 200
        return written, kind

    def _answerable(self) -> None:
        if not self._request.stack and "own" not in self.functions.values():
            raise NotTried("nothing tells which server would take requests for this model")

    def _steps(self, given: Any, content_type: str, accept: str) -> Any:
        try:
            data = self._called(self._function("input_fn", self._input), given, content_type)
        except Exception as error:
            self.status = 415 if _unsupported(error) and self._plain else 500
            raise
        self._channel.phase("predict")
        prediction = self._called(self._function("predict_fn", self._predict), data, self._model)
        self._channel.phase("output")
        try:
            return self._called(self._function("output_fn", self._output), prediction, accept)
        except Exception as error:
            self.status = 406 if _unsupported(error) and self._plain else 500
            raise

    def _function(self, name: str, default: Any) -> Any:
        return getattr(self._module, name, None) or default

    def _written(self, answer: Any, kind: Any, *, paired: bool) -> Any:
        """Return the answer as the server writes it: a web framework's response as its body."""
        self._channel.phase("output")
        body = getattr(answer, "get_data", None)
        if callable(body):
            return body()
        if self._plain:
            return _body(answer) if paired else _view(answer)
        return context.wire(answer, kind)

    def _input(self, data: Any, content_type: str) -> Any:
        if self._request.stack == "xgboost":
            return codecs.matrix(data, content_type)
        if self._request.stack == "huggingface":
            return _document(data, content_type)
        array = codecs.decode(data, content_type)
        if self._request.stack == "pytorch":
            return _tensor(array, content_type)
        if self._request.stack == "sklearn" and content_type in codecs.TEXTS:
            return array.astype("float32")
        return array

    def _predict(self, data: Any, model: Any) -> Any:
        if self._request.stack == "pytorch":
            return _forward(data, model)
        if self._request.stack == "xgboost":
            return model.predict(data, validate_features=False)
        if self._request.stack == "sklearn":
            return model.predict(data)
        if self._request.stack == "huggingface":
            return _piped(data, model)
        raise NotImplementedError(
            textwrap.dedent(
                """
            Please provide a predict_fn implementation.
            See documentation for predict_fn at https://sagemaker.readthedocs.io/en/stable/
            """
            )
        )

    def _output(self, prediction: Any, accept: str) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and type(prediction) is torch.Tensor and self._request.stack == "pytorch":
            prediction = prediction.detach().cpu().numpy().tolist()
        if self._plain:
            return codecs.encode(prediction, accept), accept
        if self._request.stack == "huggingface" and accept == codecs.JSON:
            return json.dumps(prediction, allow_nan=False, default=_item)
        for kind in accept.replace(" ", "").split(","):
            if kind in self.gives:
                return codecs.encode(prediction, kind)
        raise codecs.UnsupportedFormatError(accept)


def _document(data: Any, content_type: str) -> Any:
    """Return a request as the Hugging Face toolkit decodes it (decoder_encoder.py 2.6.0); here JSON alone."""
    if content_type != codecs.JSON:
        raise NotTried("{} is decoded by the Hugging Face toolkit, which isn't installed here".format(content_type))
    return json.loads(data)


def _piped(data: Any, model: Any) -> Any:
    inputs = data.pop("inputs", data)
    parameters = data.pop("parameters", None)
    return model(inputs, **parameters) if parameters is not None else model(inputs)


def _item(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError("Object of type {} is not JSON serializable".format(type(value).__name__))


def _tensor(array: Any, content_type: str) -> Any:
    torch = importlib.import_module("torch")
    tensor = torch.FloatTensor(array) if content_type in codecs.TEXTS else torch.from_numpy(array)
    return tensor.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


def _forward(data: Any, model: Any) -> Any:
    torch = importlib.import_module("torch")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with torch.no_grad():
        model = model.to(device)
        data = data.to(device)
        model.eval()
        return model(data)


def _unsupported(error: BaseException) -> bool:
    return type(error).__name__ == "UnsupportedFormatError"


def _view(answer: Any) -> Any:
    """Return what Flask makes of what a view returns that is no pair (flask/app.py, make_response)."""
    if isinstance(answer, (str, bytes, bytearray)):
        return answer
    if isinstance(answer, (dict, list)):
        return json.dumps(answer)
    raise TypeError(_INVALID.format(type(answer).__name__))


_INVALID = (
    "The view function did not return a valid response. The return type must be a string, dict, list, tuple with "
    "headers or status, Response instance, or WSGI callable, but it was a {}."
)


def _body(answer: Any) -> Any:
    """Return what a Flask response writes: text, bytes, or an iterable of them (werkzeug/wrappers/response.py)."""
    if isinstance(answer, (str, bytes, bytearray)):
        return answer
    parts = []
    for part in answer:
        written = part.encode("utf-8") if isinstance(part, str) else part
        if not isinstance(written, (bytes, bytearray)):
            raise TypeError("expected bytes, {} found".format(type(part).__name__))
        parts.append(bytes(written))
    return b"".join(parts)
