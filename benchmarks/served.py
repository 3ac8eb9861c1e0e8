"""What an HTTP client sees of a deployment that an engine serves as the platform would; nothing of doctor is in it."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

NETWORK = "endpoint-doctor-truth"  # of the engine: reached from here, and nothing is reached from it
START_UP = 120  # seconds for a first good ping, and for an answer
ANSWER = 60
# TorchServe answers pings while its workers die and are started again: what says that they have died twice.
GIVEN_UP = re.compile(r"Auto recovery failed again|Model server failed")
DIED = re.compile(r"Load model failed|Worker died|Backend worker process died")
AT_LOAD = "before a request"
AT_REQUEST = "at the request"
SERVERS_OWN = re.compile(r"RuntimeError: \d{3} - ")  # what TorchServe makes of a worker's end
ERROR = re.compile(r"^(?:\w[\w.]*(?:Error|Exception|Exit)|onnxruntime\.[\w.]+)\b:?.*")


class Truth(NamedTuple):
    """What was seen: whether it serves, when it failed, the statuses, and the log's last error."""

    serves: bool
    failed: str
    ping: str
    answer: str
    error: str
    seconds: float


def ran(*words: str, data: bytes | None = None) -> str:
    """Return what the engine's command line prints."""
    done = subprocess.run(["docker", *words], input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


def network() -> None:
    """Make the network that containers are reached on."""
    there = subprocess.run(["docker", "network", "inspect", NETWORK], capture_output=True, check=False)
    if there.returncode:
        ran("network", "create", "--internal", NETWORK)


def served(image: str, model: Path, variables: Mapping[str, str], request: tuple[bytes, str, str]) -> Truth:
    """
    Start an image as the platform does and send one request.

    Args:
        image: its name.
        model: the unpacked artifact, mounted read-only.
        variables: that the endpoint sets.
        request: body, content type and accept.
    """
    network()
    name = f"endpoint-doctor-truth-{uuid.uuid4().hex[:8]}"
    told = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
    began = time.monotonic()
    ran("run", "-d", "--name", name, "--network", NETWORK, "-v", f"{model}:/opt/ml/model:ro", *told, image, "serve")
    try:
        return _asked(Container(name), request, began)
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)


class Container:
    """A container that runs."""

    def __init__(self, name: str) -> None:
        self.name = name
        shown = json.loads(ran("inspect", name))[0]
        self.address = shown["NetworkSettings"]["Networks"][NETWORK]["IPAddress"]

    def runs(self) -> bool:
        """Whether it still does."""
        return ran("inspect", "-f", "{{.State.Running}}", self.name) == "true"

    def log(self) -> str:
        """Return all that it said."""
        done = subprocess.run(["docker", "logs", self.name], capture_output=True, check=False)
        return (done.stdout + done.stderr).decode(errors="replace")

    def ask(self, method: str, path: str, seconds: float, request: tuple[bytes, str, str] = (b"", "", "")) -> str:
        """Return the status and the beginning of the answer, or why there is none."""
        body, content_type, accept = request
        headers = {k: v for k, v in (("Content-Type", content_type), ("Accept", accept)) if v}
        connection = http.client.HTTPConnection(self.address, 8080, timeout=seconds)
        try:
            connection.request(method, path, body or None, headers)
            reply = connection.getresponse()
            return f"{reply.status} {reply.read().decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as problem:
            return f"- {type(problem).__name__}"
        finally:
            connection.close()


def _asked(container: Container, request: tuple[bytes, str, str], began: float) -> Truth:
    ping = "- none"
    while time.monotonic() - began < START_UP and not ping.startswith("200"):
        if not container.runs():
            return _seen(container, AT_LOAD, "- the container ended", "", began)
        ping = container.ask("GET", "/ping", 5)
        time.sleep(0.2)
        if ping.startswith("500") and time.monotonic() - began > 20:  # tried several times, on every worker
            break
    if not ping.startswith("200"):
        return _seen(container, AT_LOAD, ping, "", began)
    answer = _patient(container, request)
    failed = "" if answer.startswith("2") else AT_REQUEST if _loaded(container.log()) else AT_LOAD
    return _seen(container, failed, ping, answer, began)


def _loaded(log: str) -> bool:
    """Whether the model had been loaded: TorchServe tells how long it took, once it is done."""
    return not DIED.search(log) and ("WorkerLoadTime" in log or not _is_of_torchserve(log))


def _is_of_torchserve(log: str) -> bool:
    return "model_service_worker" in log or "WorkerThread" in log or "torchserve" in log


def _patient(container: Container, request: tuple[bytes, str, str]) -> str:
    """Ask as the platform does, once; but first let a server that only pings load its model or give up."""
    until = time.monotonic() + START_UP
    while time.monotonic() < until:
        log = container.log()
        if not _is_of_torchserve(log):
            break
        if "WorkerLoadTime" in log:
            break
        if GIVEN_UP.search(log):
            return container.ask("POST", "/invocations", 10, request)
        time.sleep(0.3)
    return container.ask("POST", "/invocations", ANSWER, request)


def _seen(container: Container, failed: str, ping: str, answer: str, began: float) -> Truth:
    lines = [line.rpartition("MODEL_LOG - ")[2].strip() for line in container.log().splitlines()]
    errors = [line for line in lines if ERROR.match(line) and not SERVERS_OWN.match(line)]
    error = errors[-1] if errors and failed else ""
    return Truth(not failed, failed, ping[:80].strip(), answer[:300], error[:300], round(time.monotonic() - began, 1))
