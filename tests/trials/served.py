"""Steps "serve" made by hand: a server that did everything right, and what is said otherwise of it."""

from __future__ import annotations

from doctor.trials.values import Ended, Failure, Step

REQUEST = {"source": "sample", "content_type": "application/json", "accept": "", "bytes": 20}
GOOD = {
    "started": True, "refused": "", "exited": None, "pinged": True, "ping_seconds": 1.5, "ping_status": 200,
    "ping_latency": 0.01, "ping_connect": 0.001, "ping_error": "", "waited": 1.5, "startup_timeout": 480.0,
    "localhost_only": False, "request": REQUEST, "ping_while_failing": None, "response_timeout": 60.0,
    "payload_bytes": 26214400, "models_routes": None, "stopped": {"status": 0, "seconds": 0.3, "patience": 30},
    "errors": [], "capped": "",
}  # fmt: skip
NEVER = {"pinged": False, "ping_seconds": None, "ping_latency": None, "ping_status": 0, "answers": [], "together": []}


def answer(status=200, **said):
    plain = {
        "status": status,
        "seconds": 0.01,
        "connect": 0.001,
        "bytes": 10,
        "head": "[1]",
        "error": "",
        "whole": True,
    }
    return {**plain, **said}


def served(log="", line="", **changes) -> Step:
    """A step; `line` is that of its failure."""
    value = {**GOOD, "answers": [answer(), answer()], "together": [answer(), answer()], **changes}
    failure = Failure("request", line.partition(":")[0], "", line) if line else None
    return Step("serve", Ended.FINISHED, value, failure=failure, log=log)
