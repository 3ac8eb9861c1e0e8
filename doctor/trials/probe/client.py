"""
The step "client": requests over HTTP, made from inside the container in which a server runs.

The request of the trial holds a plan, ``said["plan"]``: a list of actions, done in turn.

- ``{"do": "ping", "seconds": S}``: GET /ping until it is answered with 200, or for S seconds.
- ``{"do": "ask", "method": M, "path": P, "body": B, "content_type": C, "accept": A, "seconds": S}``: one request. The
  body is base64; ``"sample": true`` takes the sample's file in its place; ``"json": value`` a value as JSON.
- ``{"do": "together", "ask": {...}, "times": N}``: the same request N times at once.

The result is ``{"done": [...]}`` with one value for each action: for "ping" the value of `pinged`, for "ask" that of
`asked`, for "together" a list of those.

The server is asked at 127.0.0.2, where what listens on all addresses answers, as it does from outside, and what listens
on 127.0.0.1 alone doesn't.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import threading
import time
from typing import Any

ADDRESS, LOCALHOST = "127.0.0.2", "127.0.0.1"
_BETWEEN_PINGS = 0.2
_MOST_HEAD = 2000  # bytes of an answer that are told
_READ = 1 << 16
_MOST_BYTES = 1 << 30
_PING_SECONDS = 5


def run(request: Any, channel: Any) -> dict[str, Any]:
    """Do what the plan says; see the module for both."""
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)
    done = []
    for action in request.said["plan"]:
        channel.phase(str(action["do"]))
        done.append(_ACTIONS[action["do"]](action, request, port))
    return {"done": done}


def pinged(action: dict[str, Any], _request: Any, port: int) -> dict[str, Any]:
    """
    Ping until that is answered with 200.

    Returns:
        ``good``: whether it was; ``seconds`` until then; ``status`` of the last answer, 0 without one; ``latency`` of
        the last answer, ``connect`` of its connection; ``error`` where there was none; ``localhost_only``: whether the
        server answers on 127.0.0.1 and on no other address; ``bytes`` of the answer.
    """
    began = time.monotonic()
    while True:
        answer = _ask("GET", "/ping", port, seconds=_PING_SECONDS)
        good = answer["status"] == 200
        spent = time.monotonic() - began
        if good or spent >= float(action["seconds"]):
            break
        time.sleep(_BETWEEN_PINGS)
    return {
        "good": good,
        "seconds": spent,
        "status": answer["status"],
        "latency": answer["seconds"],
        "connect": answer["connect"],
        "error": answer["error"],
        "bytes": answer["bytes"],
        "localhost_only": not good and _is_alone(answer, port),
    }


def _is_alone(answer: dict[str, Any], port: int) -> bool:
    """Say whether a server refuses connections from outside, before and after it answers on 127.0.0.1."""
    refused = "ConnectionRefusedError" in answer["error"]
    if not refused or not _ask("GET", "/ping", port, LOCALHOST)["status"]:
        return False
    return "ConnectionRefusedError" in _ask("GET", "/ping", port)["error"]


def asked(action: dict[str, Any], request: Any, port: int) -> dict[str, Any]:
    """
    Make one request.

    Returns:
        ``status``, 0 where there was no answer, and then ``error`` says why; ``seconds``, ``connect``; ``bytes`` of the
        answer and its ``head`` as text, its ``content_type``; ``whole``: whether all of it came.
    """
    body = b""
    if action.get("sample"):
        body = request.body()
    elif "json" in action:
        body = json.dumps(action["json"]).encode("utf-8")
    elif action.get("body"):
        body = base64.b64decode(action["body"])
    headers = {"Content-Type": action.get("content_type"), "Accept": action.get("accept")}
    given = {key: str(value) for key, value in headers.items() if value}
    return _ask(action["method"], action["path"], port, body=body, headers=given, seconds=float(action["seconds"]))


def together(action: dict[str, Any], request: Any, port: int) -> list[Any]:
    """Make a request several times at once; return what `asked` returns for each."""
    answers: list[Any] = [None] * int(action["times"])
    ready = threading.Barrier(len(answers))

    def one(number: int) -> None:
        ready.wait()
        answers[number] = asked(action["ask"], request, port)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _ask(
    method: str,
    path: str,
    port: int,
    address: str = ADDRESS,
    *,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    seconds: float = _PING_SECONDS,
) -> dict[str, Any]:
    said = {"status": 0, "seconds": 0.0, "connect": 0.0, "bytes": 0, "head": "", "content_type": ""}
    said.update(error="", whole=False)
    began = time.monotonic()
    connection = http.client.HTTPConnection(address, port, timeout=seconds)
    try:
        connection.connect()
        said["connect"] = time.monotonic() - began
        connection.request(method, path, body or None, headers or {})
        reply = connection.getresponse()
        said["status"], said["content_type"] = reply.status, reply.getheader("Content-Type") or ""
        _read(reply, said, connection.sock, began + seconds)
    except socket.timeout:
        said["error"] = "no answer within {:g} s".format(seconds)
    except (OSError, http.client.HTTPException) as problem:
        said["error"] = "{}: {}".format(type(problem).__name__, problem)
    finally:
        connection.close()
    said["seconds"] = time.monotonic() - began
    return said


def _read(reply: Any, said: dict[str, Any], held: Any, until: float) -> None:
    """Count an answer, and keep its beginning; all of it must come within the time."""
    head = b""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise socket.timeout
        if held is not None:
            held.settimeout(left)
        part = reply.read1(_READ) if hasattr(reply, "read1") else reply.read(_READ)
        if not part:
            break
        said["bytes"] += len(part)
        head += part[: _MOST_HEAD - len(head)]
        said["head"] = head.decode("utf-8", "replace")
        if said["bytes"] > _MOST_BYTES:
            raise OSError("the answer has no end")
    said["whole"] = True


_ACTIONS = {"ping": pinged, "ask": asked, "together": together}
