"""
A web application of the artifact's own, ``app`` in its handler: POST /invocations over WSGI, without a server.

Flask's own logging shows what it failed with; the exception itself comes from Flask's signal where that is there.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Any

from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.servers import surroundings
from doctor.trials.probe.servers.refused import Refused


class Server:
    """The application."""

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._application: Any = None
        self._error: BaseException | None = None
        self.functions: dict[str, str] = {}
        self.how = ""
        self.status = 0
        self.takes = ("application/json",)
        self.gives = ("application/json",)

    def load(self) -> Any:
        """
        Import the handler, which loads what it loads.

        Returns:
            The model that it holds in a name of its own, a dictionary of several; the application where it holds none.
        """
        self._channel.phase("import")
        surroundings.enter(self._request)
        module = importlib.import_module(os.path.splitext(surroundings.program())[0])
        found = getattr(module, "app", None) or getattr(module, "application", None)
        if not callable(getattr(found, "wsgi_app", found)):
            raise NotTried("the handler's app is no WSGI application")
        if hasattr(found, "router") and not hasattr(found, "wsgi_app"):
            raise NotTried("the handler's app is an ASGI application, which its own server runs")
        self._application = found
        self.how = "app of {}".format(surroundings.relative(self._request))
        self._listen()
        models = _models(vars(module))
        if not models:
            return found
        self.how += ", which holds {}".format(", ".join(models))
        return next(iter(models.values())) if len(models) == 1 else models

    def _listen(self) -> None:
        signals = sys.modules.get("flask.signals")
        signal = getattr(signals, "got_request_exception", None)
        try:
            signal.connect(self._failed, self._application, weak=False)  # type: ignore[union-attr]
        except Exception:
            return  # an older Flask without blinker, or another framework

    def _failed(self, _sender: Any, exception: BaseException, **_: Any) -> None:
        self._error = exception

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """Answer a request as the application does; raises what it raised, or Refused with its status."""
        self._error, self.status = None, 500
        self._channel.phase("predict")
        self.status, headers, answer = call(self._application, body, content_type, accept)
        if self._error is not None:
            raise self._error
        if self.status >= 400:
            raise Refused(self.status, answer.decode("utf-8", "replace"))
        return answer, headers.get("content-type", "")


def _models(names: dict[str, Any]) -> dict[str, Any]:
    """Return the models among a module's names, however they were loaded; each once."""
    from doctor.trials.probe import frameworks

    found: dict[str, Any] = {}
    for name, value in list(names.items()):
        if isinstance(value, type) or name.startswith("__") or any(value is model for model in found.values()):
            continue
        try:
            if frameworks.of(value) is not None:
                found[name] = value
        except Exception:
            continue  # an object that can't be looked at is no model that can be asked
    return found


def call(application: Any, body: bytes, content_type: str, accept: str) -> tuple[int, dict[str, str], bytes]:
    """Post a request to a WSGI application; return its answer's status, headers and body."""
    told: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        told["status"] = int(status.split(" ", 1)[0])
        told["headers"] = {name.lower(): value for name, value in headers}
        return lambda _data: None

    answer = b"".join(application(_environ(body, content_type, accept), start_response))
    return told["status"], told["headers"], answer


def _environ(body: bytes, content_type: str, accept: str) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/invocations",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost:8080",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if content_type:
        environ["CONTENT_TYPE"] = content_type
    if accept:
        environ["HTTP_ACCEPT"] = accept
    return environ
