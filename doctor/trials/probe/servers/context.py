"""What a model server hands to a handler beside the request, and what it makes of the answer."""

from __future__ import annotations

import json
import sys
from typing import Any


class Metrics:
    """Takes every metric and keeps none."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_values, **_named: None


class Context:
    """The context of TorchServe and Multi Model Server, where neither is installed (ts/context.py, mms/context.py)."""

    def __init__(self, model_dir: str, gpu: Any) -> None:
        self.model_name = "model"
        self.manifest: dict[str, Any] = {}
        self.system_properties = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": 1,
            "server_name": "MMS",
            "server_version": "1.0",
        }
        self.request_ids: dict[int, str] = {0: "0"}
        self.request_processor: Any = None
        self.metrics = Metrics()

    def get_request_header(self, idx: int, key: str) -> Any:
        """Return a header of the request."""
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> Any:
        """Return all headers of the request."""
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx: int, value: Any) -> None:
        """Say what the answer is."""
        self.set_response_header(idx, "content-type", value)

    def get_response_content_type(self, idx: int) -> Any:
        """Return what the answer is."""
        return self.request_processor[idx].get_response_headers().get("content-type")

    def set_response_header(self, idx: int, key: str, value: Any) -> None:
        """Add a header to the answer."""
        self.request_processor[idx].add_response_property(key, value)

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Say what came of it."""
        self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def get_response_status(self, idx: int) -> Any:
        """Return what came of it."""
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()


class RequestProcessor:
    """One request's headers and its answer's."""

    def __init__(self, request_header: dict[str, str]) -> None:
        self._asked = request_header
        self._answered: dict[str, Any] = {}
        self._status: tuple[int, Any] = (200, None)

    def get_request_property(self, key: str) -> Any:
        """Return a header."""
        return self._asked.get(key)

    def get_request_properties(self) -> dict[str, str]:
        """Return all headers."""
        return self._asked

    def report_status(self, code: int, reason_phrase: Any = None) -> None:
        """Take a status."""
        self._status = (code, reason_phrase)

    def get_response_status_code(self) -> int:
        """Return it."""
        return self._status[0]

    def get_response_status_phrase(self) -> Any:
        """Return what goes with it."""
        return self._status[1]

    def add_response_property(self, key: str, value: Any) -> None:
        """Add a header to the answer."""
        self._answered[key] = value

    def get_response_headers(self) -> dict[str, Any]:
        """Return the answer's headers."""
        return self._answered


def made(model_dir: str, server: str) -> Any:
    """
    Return a context for one worker.

    Args:
        model_dir: where the model lies.
        server: package of the model server whose own class is taken where it can be imported: "ts", "mms".
    """
    try:
        module = __import__(server + ".context", fromlist=["Context"])
        context = module.Context("model", model_dir, {}, 1, _gpu(), "1.0")
        context.metrics = Metrics()
    except Exception:
        context = Context(model_dir, _gpu())
    ask(context, "", "", server)
    return context


def ask(context: Any, content_type: str, accept: str, server: str) -> None:
    """Put the headers of a request into a context."""
    headers = {}
    if content_type:
        headers["Content-Type"] = content_type
    if accept:
        headers["Accept"] = accept
    try:
        processor = __import__(server + ".context", fromlist=["RequestProcessor"]).RequestProcessor(headers)
    except Exception:
        processor = RequestProcessor(headers)
    context.request_processor = [processor]
    context.request_ids = {0: "0"}


def _gpu() -> Any:
    torch = sys.modules.get("torch")
    try:
        return 0 if torch is not None and torch.cuda.is_available() else None
    except Exception:
        return None


def wire(answer: Any, content_type: Any) -> Any:
    """
    Return an answer as the model server writes it, or raise what the server runs into.

    Bytes and text go as they are, a tensor by torch.save in TorchServe, all else as JSON; the content type is measured
    and encoded (create_predict_response of ts/protocol/otf_message_handler.py and mms/protocol/otf_message_handler.py).
    """
    if content_type is not None:
        content_type.encode("utf-8")
    if isinstance(answer, (bytes, bytearray)):
        return bytes(answer)
    if isinstance(answer, str):
        return answer
    torch = sys.modules.get("torch")
    if torch is not None and "ts" in sys.modules and isinstance(answer, torch.Tensor):
        import io

        buffer = io.BytesIO()
        torch.save(answer, buffer)
        return buffer.getvalue()
    return json.dumps(answer, indent=2)
