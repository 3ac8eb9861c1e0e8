"""Watches a process on this machine, and all that it starts, to its end or to a limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from doctor.trials.sandbox.attached import Log
from doctor.trials.sandbox.cgroup import Group
from doctor.trials.values import Ended, Limits, Process

_TICK = 0.05
_LOOK = 0.5  # seconds between looks at folders
_READ = 1 << 16
_SETTLE_SECONDS = 5.0
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


class Task(NamedTuple):
    """A process of this machine: its parent, the bytes of memory that it has, whether it only waits to be buried."""

    parent: int
    memory: int
    dead: bool = False


def tasks() -> dict[int, Task]:
    """Return the processes of this machine by number, as far as they can be seen."""
    if Path("/proc/self/stat").exists():
        return {pid: task for pid in _numbers() if (task := _task(pid)) is not None}
    if os.name != "posix":
        return {}
    with subprocess.Popen(["/bin/ps", "-axo", "pid=,ppid=,rss="], stdout=subprocess.PIPE) as asked:
        rows = [line.split() for line in asked.communicate()[0].splitlines()]
    return {int(row[0]): Task(int(row[1]), int(row[2]) << 10) for row in rows if int(row[0]) != asked.pid}


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - thousands, many times


def _task(pid: int) -> Task | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - thousands, many times
            row = file.read().rpartition(b")")[2].split()
        return Task(int(row[1]), int(row[21]) * _PAGE, row[0] in {b"Z", b"X"})
    except (OSError, IndexError, ValueError):
        return None


_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def below(roots: set[int], seen: dict[int, Task]) -> set[int]:
    """Return the processes among `seen` that have one of the roots above them, the roots included."""
    children: dict[int, list[int]] = {}
    for pid, task in seen.items():
        children.setdefault(task.parent, []).append(pid)
    found, waiting = set[int](), list(roots & seen.keys())
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


class Family:
    """
    The processes of one run: those in its group, and the children that this process has since then.

    Processes whose parent has ended become this process's children (Linux), so that none gets away.
    """

    def __init__(self, group: Group | None) -> None:
        self._group = group
        self._mine = os.getpid()
        self._before = {pid for pid, task in tasks().items() if task.parent == self._mine}
        self._adopts = _adopt(on=True)

    def seen(self) -> dict[int, Task]:
        """Return those of its processes that run."""
        return {pid: task for pid, task in self._all().items() if not task.dead}

    def _all(self) -> dict[int, Task]:
        everything = tasks()
        new = {p for p, t in everything.items() if t.parent == self._mine and p not in self._before}
        return {pid: everything[pid] for pid in below(new, everything)}

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill it, and take the exit statuses that nobody else takes: all but that of its first process."""
        if self._group is not None:
            self._group.kill()
        until = time.monotonic() + _SETTLE_SECONDS
        while (family := self._all()) and time.monotonic() < until:
            for number in (getattr(signal, "SIGSTOP", _KILL), _KILL):  # those stopped can't start others
                for pid in family:
                    with contextlib.suppress(OSError):
                        os.kill(pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.005)
            self._bury(family, process.pid)
        if process.poll() is None:  # of a system whose processes can't be seen
            if os.name == "nt":
                command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
                subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - a number
            process.kill()

    def _bury(self, family: dict[int, Task], first: int) -> None:
        for pid, task in family.items():
            if pid != first and task.parent == self._mine and hasattr(os, "WNOHANG"):
                with contextlib.suppress(OSError):
                    os.waitpid(pid, os.WNOHANG)

    def leave(self) -> None:
        """Adopt no more."""
        if self._adopts:
            _adopt(on=False)


def _adopt(*, on: bool) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(_SUBREAPER, int(on), 0, 0, 0) == 0)


class _Reader(threading.Thread):
    """Reads one stream to its end, whoever keeps it open."""

    def __init__(self, stream: IO[bytes], take: Callable[[bytes], None]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._take = take
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while data := os.read(self._stream.fileno(), _READ):
                self._take(data)


class Watching:
    """
    A process that was started, with pipes for its standard streams.

    Args:
        process: it.
        family: its processes.
        group: that keeps its limits, or None: then they are watched.
        limits: of it.
        folders: that it can write to and that lie on a disk; their size is watched.
        in_a_namespace: whether nothing can outlive the first process: the kernel ends all of its namespace with it.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        family: Family,
        group: Group | None,
        limits: Limits,
        folders: Sequence[Path] = (),
        *,
        in_a_namespace: bool,
    ) -> None:
        self._process = process
        self._family = family
        self._group = group
        self._limits = limits
        self._folders = tuple(folders)
        self._in_a_namespace = in_a_namespace
        self._log = Log()
        self._said = bytearray()
        self._left = limits.output
        self._tried: list[str] = []
        self._peak = 0
        self._began = time.monotonic()
        self._look = self._began + _LOOK

    def to_its_end(self) -> Process:
        """Wait for its end or for a limit, whichever comes first; none of its processes is left."""
        streams = [s for s in (self._process.stdout, self._process.stderr) if s is not None]
        readers = [_Reader(s, take) for s, take in zip(streams, (self._hear, self._note), strict=True)]
        stopped = self._wait()
        seconds = time.monotonic() - self._began
        left = self._end(stopped)
        for reader, stream in zip(readers, streams, strict=True):
            reader.join(1)
            if not reader.is_alive():
                stream.close()
        ended, status, number = self._how(stopped)
        if left and stopped is None:
            self._tell(f"left {left} processes running")
        said = bytes(self._said[: self._limits.output])
        return Process(ended, status, number, said, self._log.text(), seconds, self._peak, tuple(self._tried))

    def _end(self, stopped: Ended | None) -> int:
        """Kill what is left of it; return how many processes outlived it."""
        left = 0 if stopped is not None or self._in_a_namespace else len(self._family.seen())
        self._family.kill(self._process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SETTLE_SECONDS)
        if self._group is not None and self._group.refused():
            self._tell(f"ran as many processes and threads as it may: {self._limits.processes}")
        return left

    def _hear(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left > -_READ:
            self._said += data

    def _note(self, data: bytes) -> None:
        self._left -= len(data)
        self._log.add(data)

    def _tell(self, what: str) -> None:
        if what not in self._tried:
            self._tried.append(what)

    def _wait(self) -> Ended | None:
        """None where it ended by itself, else which limit it met."""
        pause = 0.001
        while self._process.poll() is None:
            if (met := self._met()) is not None:
                return met
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(pause)
            pause = min(pause * 2, _TICK)
        return None

    def _met(self) -> Ended | None:
        now = time.monotonic()
        if now - self._began > self._limits.seconds:
            return Ended.OUT_OF_TIME
        if self._left < 0:
            self._tell(f"wrote more than {_mebibytes(self._limits.output)} to its standard streams")
            return Ended.FLOODED
        if now >= self._look and self._folders:
            self._look = now + _LOOK
            if sum(_size(folder) for folder in self._folders) > self._limits.temporary:
                self._tell(f"wrote more than {_mebibytes(self._limits.temporary)} to the disk")
                return Ended.FLOODED
        return self._weighed()

    def _weighed(self) -> Ended | None:
        if self._group is not None:
            self._peak = max(self._peak, self._group.held())
            return None
        family = self._family.seen()
        held = sum(task.memory for task in family.values())
        self._peak = max(self._peak, held)
        if held > self._limits.memory and sum(map(_share, family)) > self._limits.memory:
            return Ended.OUT_OF_MEMORY
        if len(family) > self._limits.processes:
            self._tell(f"ran more processes than it may: {self._limits.processes}")
            return Ended.SIGNALLED
        return None

    def _how(self, stopped: Ended | None) -> tuple[Ended, int, int]:
        """How it ended, its exit status and its signal."""
        if stopped is not None:
            return stopped, 0, int(_KILL) if stopped is Ended.SIGNALLED else 0
        code = self._process.returncode or 0
        number = -code if code < 0 else code - 128 if 128 < code < 193 else 0  # bubblewrap and the shell add 128
        killed = self._group is not None and self._group.kills() > 0
        if killed and number == _KILL:
            return Ended.OUT_OF_MEMORY, 0, number
        if killed:
            self._tell(f"used more memory than it may: {_mebibytes(self._limits.memory)}")
        return (Ended.SIGNALLED, 0, number) if number else (Ended.EXITED, code, 0)


def _share(pid: int) -> int:
    """Bytes of memory that a process has, its share of what it has together with others; 0 where it has gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123 - it is gone at any moment
            rows = file.read().split(b"\n")
        return next(int(row.split()[1]) << 10 for row in rows if row.startswith(b"Pss:"))
    except (OSError, StopIteration, ValueError):
        task = _task(pid) if Path("/proc/self/stat").exists() else tasks().get(pid)
        return task.memory if task is not None else 0


def _size(folder: Path) -> int:
    """Bytes below a folder, as far as they can be seen."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(f"{place}/{name}").st_size
    return total


def _mebibytes(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count} bytes"
