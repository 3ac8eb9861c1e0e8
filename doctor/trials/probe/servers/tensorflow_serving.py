"""
The TensorFlow Serving image: the handlers of its Python service, and a SavedModel's signature in place of the server.

After python_service.py, tfs_utils.py and tensorflowServing.js of aws/sagemaker-tensorflow-serving-container. The
server itself is a program; TensorFlow, where it is there, calls the same signature (`signatures.Signatures`).
"""

from __future__ import annotations

import collections
import importlib.util
import io
import json
import os
import re
from typing import Any

from doctor.trials.probe import defaults
from doctor.trials.probe.servers import signatures, surroundings
from doctor.trials.probe.servers.refused import Refused

_JSONS = ("application/json", "application/jsonlines", "application/jsons")

Context = collections.namedtuple(  # noqa: PYI024 - what the service hands over is one
    "Context",
    "model_name, model_version, method, rest_uri, grpc_port, channel, custom_attributes, request_content_type, "
    "accept_header, content_length",
)


class Server:
    """The Python service with the server behind it, or nginx's own conversions where there is no script."""

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._script = os.path.join(request.model_dir, "code", "inference.py")
        self._handler: Any = None
        self._input: Any = None
        self._output: Any = None
        self._served: Any = None
        self.functions: dict[str, str] = {}
        self.how = ""
        self.status = 0
        self.takes = (*_JSONS, "text/csv")
        self.gives = ("application/json",)

    def load(self) -> Any:
        """Look for SavedModels, import the handlers, and load the model."""
        self._channel.phase("load")
        if not any(_numbered(self._request.model_dir)):
            raise ValueError("no SavedModel bundles found!")
        self._channel.phase("import")
        surroundings.enter(self._request)
        if os.path.exists(self._script):
            self._import()
        model, self.how = defaults.load(self._request, self._channel)
        self._served = signatures.Signatures(model)
        return model

    def _import(self) -> None:
        spec = importlib.util.spec_from_file_location("inference", self._script)
        module: Any = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        module.__spec__.loader.exec_module(module)
        names = ("handler", "input_handler", "output_handler")
        self.functions = {name: "own" if hasattr(module, name) else "default" for name in names}
        if hasattr(module, "handler"):
            self._handler = module.handler
        elif hasattr(module, "input_handler") and hasattr(module, "output_handler"):
            self._input, self._output = module.input_handler, module.output_handler
        else:
            raise NotImplementedError("Handlers are not implemented correctly in user script.")

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """Answer a request; raises what a handler raised, or Refused with the server's status."""
        self.status = 500
        if not os.path.exists(self._script):
            return self._by_nginx(body, content_type, accept)
        given = io.BytesIO(body)
        kinds = (content_type or "application/json", accept or "application/json")
        context = Context("model", None, "predict", self._served.uri, "8500", None, None, *kinds, len(body))
        answer, kind = self._handled(given, context)
        written = answer if isinstance(answer, bytes) else answer.encode("utf-8")
        self.status = 200
        return written, kind

    def _handled(self, given: Any, context: Any) -> Any:
        if self._handler is not None:
            self._channel.phase("predict")
            return self._handler(given, context)
        self._channel.phase("input")
        processed = self._input(given, context)
        self._channel.phase("predict")
        response = signatures.post(context.rest_uri, processed)
        self._channel.phase("output")
        return self._output(response, context)

    def _by_nginx(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        self._channel.phase("input")
        text = body.decode("utf-8", "replace")
        if content_type in _JSONS:
            asked = _json(text)
        elif content_type == "text/csv":
            asked = _csv(text)
        else:
            self.status = 415
            raise Refused(415, json.dumps({"error": "Unsupported Media Type: " + (content_type or "Unknown")}))
        self._channel.phase("predict")
        self.status, answer = self._served.answer(asked.encode("utf-8"))
        if self.status >= 400:
            raise Refused(self.status, answer.decode("utf-8", "replace"))
        return answer, accept if accept in _JSONS else "application/json"


def _numbered(model_dir: str) -> list[str]:
    walked = os.walk(model_dir)
    return [folder for folder, _, files in walked if "saved_model.pb" in files and os.path.basename(folder).isdigit()]


def _json(text: str) -> str:
    if re.search(r'"(instances|inputs|examples)"\s*:', text):
        return text
    if re.search(r"[}\]]\s*[\[{]", text):
        lines = text.strip().splitlines()
        joined = ",".join(line.strip() for line in lines if line.strip())
        return '{"instances":' + (joined if len(lines) == 1 else "[" + joined + "]") + "}"
    return '{"instances":' + (text if re.match(r"\s*\[\s*\[", text) else "[" + text + "]") + "}"


def _csv(text: str) -> str:
    quoted = not re.match(r'\s*("|[\d.Ee+\-]+.*)', text)
    rows = []
    for line in text.strip().splitlines():
        row = line.strip()
        if row:
            written = '"' + row.replace('"', '\\"', 1).replace(",", '","', 1) + '"' if quoted else row
            rows.append("[" + written + "]" if "," in row else written)
    return '{"instances":[' + ",".join(rows) + "]}"
