"""The scoring server of ``mlflow models serve``, whose own parsing and encoding is called."""

from __future__ import annotations

import importlib
from typing import Any

from doctor.trials.probe import defaults
from doctor.trials.probe.servers import application, surroundings
from doctor.trials.probe.servers.refused import Refused


class Server:
    """A worker of the scoring server."""

    def __init__(self, request: Any, channel: Any) -> None:
        self._request = request
        self._channel = channel
        self._model: Any = None
        self._scoring: Any = None
        self.functions: dict[str, str] = {}
        self.how = ""
        self.status = 0
        self.takes = ("application/json", "text/csv")
        self.gives = ("application/json",)

    def load(self) -> Any:
        """Load the python_function flavour, as the server does when it starts."""
        surroundings.enter(self._request)
        self._model, self.how = defaults.load(self._request, self._channel)
        return self._model

    def transform(self, body: bytes, content_type: str, accept: str) -> tuple[Any, str]:
        """Answer a request; raises what the model raised, or Refused with the server's status."""
        self.status = 500
        self._channel.phase("predict")
        self._scoring = importlib.import_module("mlflow.pyfunc.scoring_server")
        if hasattr(self._scoring, "invocations"):
            return self._asked(body, content_type or "application/json")
        status, headers, answer = application.call(self._scoring.init(self._model), body, content_type, accept)
        self.status = status
        if status >= 400:
            raise Refused(status, answer.decode("utf-8", "replace"))
        return answer, headers.get("content-type", "")

    def _asked(self, body: bytes, content_type: str) -> tuple[Any, str]:
        schema = self._model.metadata.get_input_schema()
        try:
            result = self._scoring.invocations(body, content_type, self._model, schema)
        except Exception as error:
            code = getattr(error, "get_http_status_code", None)
            self.status = int(code()) if callable(code) else 500
            raise
        self.status = int(result.status)
        if self.status >= 400:
            raise Refused(self.status, str(result.response))
        return result.response, str(result.mimetype)
