"""Watches a container's process to its end or to a limit, and says how it ended."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from doctor.image import daemon
from doctor.trials.sandbox.attached import Attached
from doctor.trials.values import Ended, Limits, Process

_TICK = 0.2  # seconds between looks at the clock
_FIRST_LOOK, _LOOK = 0.4, 1.0  # seconds between looks at what it uses
_ONE_SHOT = (1, 41)  # the engine's version from which asking for use is quick
_KILLED = 137


class Usage:
    """
    What a container uses, as the engine says when asked.

    Args:
        client: of the engine.
        container: its identifier.
        limits: that are watched.
    """

    def __init__(self, client: Any, container: str, limits: Limits) -> None:
        self._client = client
        self._container = container
        self._limits = limits
        self.peak = 0
        self.tried: list[str] = []

    def look(self) -> None:
        """Note memory and processes at this moment."""
        if tuple(int(n) for n in self._client.api_version.split(".")) < _ONE_SHOT:
            return
        said = self._ask("stats", stream="0", **{"one-shot": "1"})
        memory = said.get("memory_stats") or {}
        cached = (memory.get("stats") or {}).get("inactive_file") or 0
        self.peak = max(self.peak, int(memory.get("usage") or 0) - cached)
        if int((said.get("pids_stats") or {}).get("current") or 0) >= self._limits.processes:
            self.note(f"ran as many processes and threads as it may: {self._limits.processes}")

    def has_outgrown(self) -> bool:
        """Say whether it wrote more to its root than it may."""
        written = int(self._ask("json", size="1").get("SizeRw") or 0)
        if written <= self._limits.temporary:
            return False
        self.note(f"wrote more than {_mebibytes(self._limits.temporary)} to the root file system")
        return True

    def note(self, what: str) -> None:
        """Note what it tried, once."""
        if what not in self.tried:
            self.tried.append(what)

    def _ask(self, what: str, **asked: str) -> Any:
        response = daemon.get(self._client, f"/containers/{self._container}/{what}", daemon.ANSWER_SECONDS, **asked)
        try:
            return response.json() if response.status_code < 400 else {}
        except ValueError:
            return {}
        finally:
            response.close()


class Watched:
    """
    A container that was started.

    Args:
        client: of the engine.
        container: its identifier.
        attached: its streams.
        limits: of it.
    """

    def __init__(self, client: Any, container: str, attached: Attached, limits: Limits) -> None:
        self._client = client
        self._container = container
        self._attached = attached
        self._limits = limits
        self._began = time.monotonic()
        self._usage = Usage(client, container, limits)
        self._state: Any = {}

    def to_its_end(self, *, writable: bool) -> Process:
        """Wait for its end or for a limit, whichever comes first; it is not removed."""
        stopped = self._wait(writable=writable)
        seconds = time.monotonic() - self._began
        if stopped is None:
            self._drain()
        status = int(self._state.get("ExitCode") or 0)
        ended, signal = self._how(stopped, status)
        if stopped is None and self._state.get("OOMKilled") and ended is not Ended.OUT_OF_MEMORY:
            self._usage.note(f"used more memory than it may: {_mebibytes(self._limits.memory)}")
        return Process(
            ended,
            0 if signal or stopped else status,
            signal,
            bytes(self._attached.said),
            self._attached.log,
            seconds,
            self._usage.peak,
            tuple(self._usage.tried),
        )

    def _how(self, stopped: Ended | None, status: int) -> tuple[Ended, int]:
        if stopped is not None:
            return stopped, 0
        if self._state.get("OOMKilled") and status == _KILLED:
            return Ended.OUT_OF_MEMORY, status - 128
        if 128 < status < 128 + 65:
            return Ended.SIGNALLED, status - 128
        return Ended.EXITED, 0

    def _wait(self, *, writable: bool) -> Ended | None:
        """None where it ended by itself, else which limit it met."""
        look = self._began + _FIRST_LOOK
        while True:
            now = time.monotonic()
            if now - self._began > self._limits.seconds:
                return Ended.OUT_OF_TIME
            if self._attached.is_flooded:
                self._usage.note(f"wrote more than {_mebibytes(self._limits.output)} to its standard streams")
                return Ended.FLOODED
            if now >= look:
                self._usage.look()
                if writable and self._usage.has_outgrown():
                    return Ended.FLOODED
                look = time.monotonic() + (_FIRST_LOOK if writable else _LOOK)
            if self._attached.is_at_end:
                if self._is_over():
                    return None
                time.sleep(_TICK / 4)
            else:
                self._attached.take(_TICK)

    def _is_over(self) -> bool:
        self._state = self._client.inspect_container(self._container)["State"]
        return not self._state.get("Running")

    def _drain(self) -> None:
        until = time.monotonic() + 1
        while not self._attached.is_at_end and not self._attached.is_flooded and time.monotonic() < until:
            self._attached.take(_TICK)


def _mebibytes(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count} bytes"


def stopped(client: Any, container: str, seconds: float) -> tuple[int, float]:
    """Send SIGTERM and wait; return the exit status and how long it took. It is killed after `seconds`."""
    from docker.errors import APIError

    began = time.monotonic()
    with contextlib.suppress(APIError):  # it isn't running any more
        client.kill(container, "SIGTERM")
    while True:
        state = client.inspect_container(container)["State"]
        took = time.monotonic() - began
        if not state.get("Running"):
            return int(state.get("ExitCode") or 0), took
        if took > seconds:
            with contextlib.suppress(APIError):
                client.kill(container, "SIGKILL")
            return _KILLED, took
        time.sleep(0.02)
