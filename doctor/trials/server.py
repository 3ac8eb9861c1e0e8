"""One life of the image's own server: started as the platform starts it, asked over HTTP, and stopped."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from doctor import facts
from doctor.model import Unknown
from doctor.trials import serverlog
from doctor.trials.packing import NAME
from doctor.trials.reading import step_of
from doctor.trials.values import Ended, Failure, Step

if TYPE_CHECKING:
    from doctor.trials.sandbox.container import ContainerSandbox
    from doctor.trials.sandbox.serving import Serving

PING_SECONDS = 2.0  # that the platform waits for an answer to a ping
PATIENCE = 30  # seconds between SIGTERM and SIGKILL
_BURST = 10  # seconds of pinging at a time, between looks at the server
_MARGIN = 20  # seconds that the probe needs beyond what it waits for


class Deployment(Protocol):
    """What a server's trial needs of a deployment: what the user said, and its parts."""

    @property
    def plan(self) -> Any:
        """What the user said (``doctor.deployment.Plan``)."""

    def part(self, name: str) -> Any:
        """Return a part; Unknown where it was not given or can't be read."""


class Body(NamedTuple):
    """
    The request that is sent.

    Args:
        source: "sample" or "made".
        content_type: its.
        accept: what the answer shall be; "" for anything.
        bytes: how many.
        given: what the probe's plan says of the body.
    """

    source: str
    content_type: str
    accept: str
    bytes: int
    given: Mapping[str, Any]

    def shown(self) -> dict[str, Any]:
        """Return what the step tells of it."""
        return {
            "source": self.source,
            "content_type": self.content_type,
            "accept": self.accept,
            "bytes": self.bytes,
        }


class Terms(NamedTuple):
    """
    What the kind of endpoint grants a server.

    Args:
        startup: seconds until /ping must be good.
        response: seconds until an answer must be whole.
        payload: bytes that an answer may have.
        patience: seconds of pinging at most, where the user limits it; 0 where not.
    """

    startup: float
    response: float
    payload: int
    patience: float

    @classmethod
    def of(cls, deployment: Deployment) -> Terms:
        """Return those of a deployment; where no kind is given, those of a real-time endpoint."""
        target = deployment.part("target")
        row: Mapping[str, Any] = facts.load("limits")["endpoints"]["realtime"]
        startup: float = row["startup_timeout_s"]
        try:
            row, startup = target.limits, target.startup_timeout
        except Unknown:
            startup = _stated(target) or startup
        return cls(
            float(startup),
            float(row["response_timeout_s"]),
            int(row["payload_bytes"]),
            float(deployment.plan.trial_timeout),
        )


def _stated(target: Any) -> float:
    try:
        return float(target.startup_timeout)
    except Unknown:
        return 0.0


class Life:
    """
    One life of a server, from its start to its end.

    Args:
        server: not yet started.
        sandbox: in which it runs.
        terms: of the endpoint.
        body: of a request; None without one.
    """

    def __init__(self, server: Serving, sandbox: ContainerSandbox, terms: Terms, body: Body | None) -> None:
        self._server = server
        self._sandbox = sandbox
        self._terms = terms
        self._body = body
        self._began = time.monotonic()
        self._tried: list[str] = []
        self._doing = "start"
        self._peak = 0
        self.value: dict[str, Any] = {
            "started": False, "refused": "", "exited": None, "pinged": False, "ping_seconds": None,
            "ping_status": 0, "ping_latency": None, "ping_connect": None, "ping_error": "", "waited": 0.0,
            "startup_timeout": terms.startup, "localhost_only": False, "request": body.shown() if body else None,
            "answers": [], "together": [], "ping_while_failing": None, "response_timeout": terms.response,
            "payload_bytes": terms.payload, "models_routes": None, "stopped": None, "errors": [],
            "capped": sandbox.limits.capped,
        }  # fmt: skip

    def go(self, *, several: bool) -> None:
        """Start it, ask it, stop it. Raises docker.errors.APIError where the engine can't."""
        self._server.start()
        self.value["started"] = True
        try:
            if self._pinged():
                self._latency()
                if several:
                    self._routes()
                elif self._body is not None:
                    self._invocations(self._body)
        finally:
            self._end()

    def step(self) -> Step:
        """Return what was seen."""
        log = self._server.log() if self.value["started"] else self.value["refused"]
        failure = self._failure(log)
        return Step(
            "serve",
            Ended.FINISHED,
            value=self.value,
            failure=failure,
            phase=self._doing,
            log=log[-20000:],
            seconds=time.monotonic() - self._began,
            peak=self._peak,
            tried=tuple(self._tried),
            writable=True,
        )

    def _pinged(self) -> bool:
        self._doing = "ping"
        began = time.monotonic()
        most = min(self._terms.startup, self._terms.patience or self._terms.startup)
        while True:
            asked = time.monotonic()
            left = most - (asked - began)
            (said,) = self._client([{"do": "ping", "seconds": max(min(_BURST, left), 0)}])
            self.value["waited"] = time.monotonic() - began
            if said:
                self._note_ping(said)
                if said["good"]:
                    self.value.update(pinged=True, ping_seconds=asked - began + _number(said["seconds"]))
                    return True
            if self._ended() or left <= 0 or self._is_closed():
                return False

    def _is_closed(self) -> bool:
        """Whether it has had time enough to listen, and answers this container alone."""
        return bool(self.value["localhost_only"]) and self.value["waited"] > _BURST

    def _note_ping(self, said: Mapping[str, Any]) -> None:
        latency = _number(said.get("latency"))
        known = self.value["ping_latency"]
        if said.get("good"):
            self.value["ping_latency"] = latency if known is None else min(known, latency)
        self.value.update(
            ping_status=int(_number(said.get("status"))),
            ping_connect=_number(said.get("connect")),
            ping_error=str(said.get("error") or "")[:200],
            localhost_only=bool(said.get("localhost_only")),
        )

    def _latency(self) -> None:
        """Ping a few times more: the quickest good answer is what counts, on a machine that others use too."""
        for said in self._client([{"do": "ping", "seconds": 0}] * 3):
            if said:
                self._note_ping(said)

    def _invocations(self, body: Body) -> None:
        self._doing = "request"
        ask = self._asking("POST", "/invocations", **body.given, content_type=body.content_type, accept=body.accept)
        self._answers(self._client([ask]))
        if self._failed():
            (said,) = self._client([{"do": "ping", "seconds": 0}])
            self.value["ping_while_failing"] = {"status": said["status"], "latency": said["latency"]} if said else None
            return
        self._answers(self._client([ask]))
        (both,) = self._client([{"do": "together", "ask": ask, "times": 2}])
        self.value["together"] = [_answer(a) for a in both] if isinstance(both, list) else []

    def _asking(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        seconds = max(min(self._terms.response, self._sandbox.limits.seconds - _MARGIN), 1)
        return {"do": "ask", "method": method, "path": path, "seconds": seconds, **more}

    def _answers(self, said: list[Any]) -> None:
        self.value["answers"] += [_answer(one) for one in said]

    def _failed(self) -> bool:
        return any(not 200 <= answer["status"] < 300 for answer in self.value["answers"])

    def _routes(self) -> None:
        """Load a model, list, ask and delete it, by the routes of an endpoint with several models."""
        self._doing = "routes"
        name = "doctor"
        load = {"model_name": name, "url": self._sandbox.model_dir}
        plan = {
            "load": self._asking("POST", "/models", json=load, content_type="application/json"),
            "again": self._asking("POST", "/models", json=load, content_type="application/json"),
            "list": self._asking("GET", "/models"),
            "get": self._asking("GET", f"/models/{name}"),
        }
        if (body := self._body) is not None:
            given = {**body.given, "content_type": body.content_type, "accept": body.accept}
            plan["invoke"] = self._asking("POST", f"/models/{name}/invoke", **given)
        plan["delete"] = self._asking("DELETE", f"/models/{name}")
        plan["gone"] = self._asking("GET", f"/models/{name}")
        self.value["models_routes"] = {what: _answer(self._client([ask])[0]) for what, ask in plan.items()}

    def _end(self) -> None:
        if self._ended():
            return
        status, seconds = self._server.stop(PATIENCE)
        self.value["stopped"] = {"status": status, "seconds": seconds, "patience": PATIENCE}

    def _ended(self) -> bool:
        """Say whether the server is no longer there, and note how it ended."""
        if self.value["exited"] is None and not self._server.is_running():
            state = self._server.state()
            self.value["exited"] = {
                "status": int(state.get("ExitCode") or 0),
                "out_of_memory": bool(state.get("OOMKilled")),
                "seconds": time.monotonic() - self._began,
            }
        return self.value["exited"] is not None

    def _client(self, plan: list[dict[str, Any]]) -> list[Any]:
        """Have the probe do what a plan says, beside the server; one value for each action, None where it couldn't."""
        nonce = secrets.token_hex(16)
        home = self._sandbox.probe_dir
        words = ["-B", f"{home}/{NAME}", "client", f"{home}/request.json", nonce, self._sandbox.model_dir]
        process = self._server.run([*words, json.dumps(plan)])
        if process.ended is Ended.REFUSED and not self._ended():
            raise Unknown(f"not tried: the image has no Python to ask its server with ({process.log[:200]})")
        step = step_of("client", process, nonce)
        self._peak = max(self._peak, process.peak)
        if step.value:  # else it is the engine that wrote to the channel
            self._tried += [t for t in step.tried if t not in self._tried]
        done = step.value.get("done")
        return done if isinstance(done, list) and len(done) == len(plan) else [None] * len(plan)

    def _failure(self, log: str) -> Failure | None:
        errors = serverlog.errors(log) if log else ()
        fails = self._failed() or not self.value["pinged"]
        self.value["errors"] = [e for e in errors if fails or serverlog.kind(e)[0]]
        if self.value["refused"]:
            return _failure("start", self.value["refused"], log)
        if not self.value["pinged"]:
            said = self.value["errors"] or [_without_ping(self.value)]
            return _failure("start" if self.value["exited"] else "ping", said[-1], log)
        real = self._body is not None and self._body.source == "sample"
        if real and self._failed():
            return _failure("request", _why(self.value, log), log + _heads(self.value["answers"]))
        return None


def _failure(phase: str, line: str, log: str) -> Failure:
    kind, message = serverlog.kind(line)
    return Failure(phase, kind, message, line, serverlog.place(log), serverlog.tail(log))


def _why(value: Mapping[str, Any], log: str) -> str:
    """Return the line that says why a request failed: the last error of its answer, else of the log."""
    answer = next(a for a in value["answers"] if not 200 <= a["status"] < 300)
    told = [e for e in serverlog.errors(answer["head"]) if serverlog.kind(e)[0]]
    logged = [e for e in serverlog.errors(log) if serverlog.kind(e)[0]]
    if told or logged:
        return (told or logged)[-1]
    said = " ".join(answer["head"].split())[:300]
    return f"status {answer['status']}: {said}" if answer["status"] else answer["error"]


def _without_ping(value: Mapping[str, Any]) -> str:
    if exited := value["exited"]:
        return f"the server ended with status {exited['status']}"
    status = f"status {value['ping_status']}" if value["ping_status"] else value["ping_error"] or "no answer"
    return f"GET /ping: {status} for {value['waited']:.0f} s"


def _heads(answers: list[Mapping[str, Any]]) -> str:
    return "\n" + "\n".join(str(a["head"]) for a in answers)


def _answer(said: Any) -> dict[str, Any]:
    """Return an answer in its form, whatever the probe really said."""
    told = said if isinstance(said, dict) else {"error": "the probe was stopped"}
    return {
        "status": int(_number(told.get("status"))),
        "seconds": _number(told.get("seconds")),
        "connect": _number(told.get("connect")),
        "bytes": int(_number(told.get("bytes"))),
        "content_type": str(told.get("content_type") or "")[:200],
        "head": str(told.get("head") or "")[:2000],
        "error": str(told.get("error") or "")[:300],
        "whole": bool(told.get("whole")),
    }


def _number(value: Any) -> float:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15
    return float(value) if is_one else 0.0
