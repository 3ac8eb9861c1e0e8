"""
TensorFlow Serving's REST interface over a SavedModel that TensorFlow has loaded.

Formats after tensorflow/serving, api_rest.md: "instances" row by row, "inputs" by column, one input without its name.
"""

from __future__ import annotations

import base64
import http.server
import importlib
import json
import threading
import urllib.error
import urllib.request
from typing import Any

from doctor.trials.probe.servers.toolkit import installed


class Signatures:
    """The model behind ``uri``, for handlers that post to it themselves."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._server: Any = None

    @property
    def uri(self) -> str:
        """The address that a handler's context names; what answers there is started at the first look."""
        if self._server is None:
            self._server = http.server.HTTPServer(("127.0.0.1", 0), self._listener())
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return "http://127.0.0.1:{}/v1/models/model:predict".format(self._server.server_address[1])

    def _listener(self) -> Any:
        served = self

        class Listener(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - the name that http.server looks for
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, answer = served.answer(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        return Listener

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body that a request gets."""
        try:
            return 200, json.dumps(self._predicted(json.loads(body.decode("utf-8")))).encode("utf-8")
        except Exception as error:
            internal = type(error).__name__ in ("InternalError", "UnimplementedError", "UnknownError")
            return 500 if internal else 400, json.dumps({"error": str(error)}).encode("utf-8")

    def _predicted(self, asked: Any) -> dict[str, Any]:
        if not isinstance(asked, dict) or ("instances" in asked) == ("inputs" in asked):
            raise ValueError("JSON Value is not formatted correctly: one of 'instances' and 'inputs' is needed")
        name = asked.get("signature_name") or "serving_default"
        if name not in self._model.signatures:
            raise ValueError('Serving signature name: "{}" not found in signature def'.format(name))
        function = self._model.signatures[name]
        specs = function.structured_input_signature[1]
        rows = "instances" in asked
        columns = _rows(asked["instances"], specs) if rows else _columns(asked["inputs"], specs)
        tf = importlib.import_module("tensorflow")
        given = {key: tf.constant(_plain(value), dtype=specs[key].dtype) for key, value in columns.items()}
        outputs = {key: _listed(value) for key, value in function(**given).items()}
        return {"predictions": _by_row(outputs)} if rows else {"outputs": _alone(outputs)}


def post(uri: str, body: Any) -> Any:
    """Post as the service does, by requests where it is there."""
    if installed("requests"):
        return importlib.import_module("requests").post(uri, data=body)
    data = body.encode("utf-8") if isinstance(body, str) else body
    try:
        with urllib.request.urlopen(uri, data) as reply:  # noqa: S310 - the address is our own
            return _Response(reply.status, reply.read())
    except urllib.error.HTTPError as error:
        return _Response(error.code, error.read())


class _Response:
    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        self.text = content.decode("utf-8", "replace")
        self.headers = {"Content-Type": "application/json"}
        self.ok = status_code < 400

    def json(self) -> Any:
        return json.loads(self.text)


def _rows(instances: Any, specs: Any) -> dict[str, Any]:
    if not isinstance(instances, list) or not instances:
        raise ValueError("JSON Value: 'instances' is no list, or an empty one")
    if all(isinstance(row, dict) and set(row) != {"b64"} for row in instances):
        return {name: [row[name] for row in instances] for name in _named(instances[0], specs)}
    return {_only(specs, "instances is a plain list, but expecting list of objects"): instances}


def _columns(inputs: Any, specs: Any) -> dict[str, Any]:
    if isinstance(inputs, dict) and set(inputs) != {"b64"}:
        for name in sorted(specs):
            if name not in inputs:
                raise ValueError("Missing named input: {} in 'inputs' object.".format(name))
        return {name: inputs[name] for name in specs}
    return {_only(specs, "inputs is a plain value/list, but expecting an object"): inputs}


def _named(given: Any, specs: Any) -> list[str]:
    unknown = sorted(set(given) - set(specs))
    missing = sorted(set(specs) - set(given))
    if unknown or missing:
        raise ValueError(
            "inputs {} are unknown, {} missing; the signature has {}".format(unknown, missing, sorted(specs))
        )
    return sorted(specs)


def _only(specs: Any, told: str) -> str:
    if len(specs) != 1:
        raise ValueError("{} as multiple input tensors required as per tensorinfo_map".format(told))
    return str(next(iter(specs)))


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _listed(value: Any) -> Any:
    def plain(item: Any) -> Any:
        if isinstance(item, bytes):
            try:
                return item.decode("utf-8")
            except UnicodeDecodeError:
                return {"b64": base64.b64encode(item).decode("ascii")}
        return [plain(part) for part in item] if isinstance(item, list) else item

    return plain(value.numpy().tolist())


def _alone(outputs: dict[str, Any]) -> Any:
    return next(iter(outputs.values())) if len(outputs) == 1 else outputs


def _by_row(outputs: dict[str, Any]) -> Any:
    if len(outputs) == 1:
        return _alone(outputs)
    return [dict(zip(outputs, row)) for row in zip(*outputs.values())]
