"""The words of trials: limits, what a sandbox saw of a process, what a step came to."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

MODEL_DIR = "/opt/ml/model"
NOT_TRIED = "NotTried"  # the probe's exception for what it can't play, and what therefore proves nothing


class Ended(Enum):
    """How the process of a step ended."""

    FINISHED = "finished"  # it gave a result, or told of a failure in its own words
    EXITED = "exited"  # without a result: os._exit, sys.exit in a thread
    SIGNALLED = "signalled"  # a crash: segmentation fault, abort
    OUT_OF_MEMORY = "out of memory"  # killed for it
    OUT_OF_TIME = "out of time"
    FLOODED = "flooded"  # stopped for what it wrote
    REFUSED = "refused"  # the sandbox itself couldn't run it


class Limits(NamedTuple):
    """
    What a step may use.

    Args:
        seconds: wall time of one step.
        memory: bytes, swap included.
        cpus: processor cores.
        processes: processes and threads at one time.
        temporary: bytes in /tmp and the other folders that can be written to.
        output: bytes that it may write to its standard streams.
        capped: why memory or cores are less than the instance's; "" where they aren't.
    """

    seconds: float = 300
    memory: int = 4 << 30
    cpus: float = 1
    processes: int = 2048
    temporary: int = 1 << 30
    output: int = 8 << 20
    capped: str = ""


class Process(NamedTuple):
    """
    What a sandbox saw of one process, nothing of which is believed yet.

    Args:
        ended: how.
        status: its exit status; 0 where a signal or the sandbox ended it.
        signal: the signal's number, 0 without one.
        said: bytes of its result channel (standard output).
        log: the last part of its standard error, as text.
        seconds: wall time.
        peak: bytes of memory at most, 0 where nothing tells.
        tried: what the sandbox itself refused or noticed ("more than 2048 processes").
    """

    ended: Ended
    status: int
    signal: int
    said: bytes
    log: str
    seconds: float
    peak: int = 0
    tried: tuple[str, ...] = ()


class Failure(NamedTuple):
    """
    An exception in a step.

    Args:
        phase: what was being done: "import", "load", "save", "input", "predict", "output" ...
        type: the exception's dotted type, builtins without their module ("KeyError").
        message: its text.
        line: the last line of its traceback as a log would show it.
        where: the artifact's own place closest to it ("code/inference.py:12"), or "".
        traceback: its lines, without the probe's own frames.
        causes: ``line`` of the exceptions that it was raised from.
    """

    phase: str
    type: str
    message: str
    line: str
    where: str = ""
    traceback: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


class Warned(NamedTuple):
    """A warning given in a step: its category's dotted name, text and place."""

    category: str
    message: str
    where: str = ""


class Step(NamedTuple):
    """
    What one step came to.

    Args:
        name: "load", "round-trip", "shapes", "invoke", "golden", "serve".
        ended: how its process ended.
        value: its result, as ``doctor/trials/probe`` documents it for each step; empty where it has none.
        failure: the exception that ended it, or None.
        phase: what was being done last.
        warnings: given in it.
        log: last part of what it wrote.
        seconds: wall time.
        peak: bytes of memory at most.
        tried: what it tried and couldn't, or shouldn't: network calls, processes, writes.
        writable: whether the root file system could be written to, as on the platform.
        signal: that ended it, 0 without.
        status: its exit status.
    """

    name: str
    ended: Ended
    value: Mapping[str, Any] = {}
    failure: Failure | None = None
    phase: str = ""
    warnings: tuple[Warned, ...] = ()
    log: str = ""
    seconds: float = 0
    peak: int = 0
    tried: tuple[str, ...] = ()
    writable: bool = False
    signal: int = 0
    status: int = 0

    @property
    def worked(self) -> bool:
        """Whether it ended with a result and no failure."""
        return self.ended is Ended.FINISHED and self.failure is None


class Place(NamedTuple):
    """
    Where steps ran.

    Args:
        name: "container of my-image:1 (sha256:ab12…)", "/venv/bin/python in bubblewrap", "/venv/bin/python".
        isolated: what was kept from the model's code: "network", "files of this machine" ...
        exposed: what could not be.
    """

    name: str
    isolated: tuple[str, ...]
    exposed: tuple[str, ...] = ()
