"""A container that runs the image's own server, as the platform starts it, in the same sandbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from doctor.trials.sandbox import volumes
from doctor.trials.sandbox.attached import Attached, Log
from doctor.trials.sandbox.leaving import undisturbed
from doctor.trials.sandbox.watched import Usage, stopped
from doctor.trials.values import Ended, Limits, Process

_TICK = 0.2
_LOOK = 0.5
_MOST_LOG = 1 << 60  # a server may write on; only the first and the last part is kept
_NO_PROGRAM = (126, 127)


class Serving:
    """
    A server in its container. Its root can be written to, and is watched; it has the loopback network only.

    Args:
        client: of the engine.
        create: makes the container; returns its identifier.
        limits: of it; ``seconds`` and ``output`` are those of each `run`.
        interpreters: names or paths of the image's Python.
    """

    def __init__(self, client: Any, create: Callable[[], str], limits: Limits, interpreters: Sequence[str]) -> None:
        self._client = client
        self._create = create
        self._limits = limits
        self._interpreters = tuple(interpreters)
        self._container = ""
        self._attached: Attached | None = None
        self._reader: threading.Thread | None = None
        self._log = Log()
        self._is_removed = False
        self._usage: Usage | None = None

    def start(self) -> None:
        """Make the container and start the image's entry point. Raises docker.errors.APIError where that can't be."""
        self._container = self._create()
        held = self._client.attach_socket(self._container, params={"stdout": 1, "stderr": 1, "stream": 1})
        self._attached = Attached(held, _MOST_LOG, self._log)
        self._usage = Usage(self._client, self._container, self._limits)
        self._client.start(self._container)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while self._attached is not None and not self._attached.is_at_end and not self._is_removed:
            self._attached.take(_TICK)

    def run(self, arguments: Sequence[str]) -> Process:
        """Run the image's Python beside the server with these arguments."""
        from docker.errors import APIError

        began = time.monotonic()
        process = Process(Ended.REFUSED, 0, 0, b"", "no interpreter", 0)
        for interpreter in self._interpreters:
            try:
                process = self._run([interpreter, *arguments])
            except APIError as error:
                reason = str(error.explanation or error)
                return Process(Ended.REFUSED, 0, 0, b"", reason, time.monotonic() - began)
            if process.status not in _NO_PROGRAM:
                self._interpreters = (interpreter,)
                break
        return process

    def _run(self, command: Sequence[str]) -> Process:
        made = self._client.exec_create(self._container, list(command))["Id"]
        began = time.monotonic()
        attached = Attached(self._client.exec_start(made, socket=True), self._limits.output)
        try:
            ended = self._wait(attached, began)
        finally:
            attached.close()
        status = int(self._client.exec_inspect(made).get("ExitCode") or 0)
        signal = status - 128 if ended is Ended.EXITED and 128 < status < 193 else 0
        return Process(
            Ended.SIGNALLED if signal else ended,
            0 if signal else status,
            signal,
            bytes(attached.said),
            attached.log,
            time.monotonic() - began,
            *self._used(),
        )

    def _wait(self, attached: Attached, began: float) -> Ended:
        while not attached.is_at_end:
            if time.monotonic() - began > self._limits.seconds:
                return Ended.OUT_OF_TIME
            if attached.is_flooded:
                return Ended.FLOODED
            attached.take(_TICK)
        return Ended.EXITED

    def _used(self) -> tuple[int, tuple[str, ...]]:
        if self._usage is None:
            return 0, ()
        self._usage.look()
        return self._usage.peak, tuple(self._usage.tried)

    def log(self) -> str:
        """Return what the server has written so far: the first and the last part."""
        return self._log.text()

    def is_running(self) -> bool:
        """Say whether the server still runs; one that fills the disk is killed here."""
        state = self.state()
        if state.get("Running") and self._usage is not None and self._usage.has_outgrown():
            self._client.kill(self._container, "SIGKILL")
            return False
        return bool(state.get("Running"))

    def state(self) -> dict[str, Any]:
        """Return the engine's own words for its state: "Running", "ExitCode", "OOMKilled", "Error"."""
        return dict(self._client.inspect_container(self._container)["State"])

    def stop(self, seconds: float) -> tuple[int, float]:
        """Send SIGTERM; return the exit status and how long it took. It is killed (137) after `seconds`."""
        return stopped(self._client, self._container, seconds)

    def remove(self) -> None:
        """Remove the container, running or not."""
        if self._container and not self._is_removed:
            self._is_removed = True
            if self._attached is not None:
                self._attached.close()
            with undisturbed():
                volumes.remove_container(self._client, self._container)
