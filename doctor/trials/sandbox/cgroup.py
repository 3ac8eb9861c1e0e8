"""
A control group for the processes of one run: bounds on memory and on their number that the kernel keeps.

Version 2 where its controllers can be had, else version 1, else none: then doctor watches (``watching.py``).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from doctor.trials.sandbox import owners
from doctor.trials.values import Limits

PREFIX = "endpoint-doctor-"
_WANTED = ("memory", "pids")
_SETTLE_SECONDS = 10.0


class _Words(NamedTuple):
    """The names of files in which a version keeps what is needed."""

    memory: tuple[str, ...]
    kills: str
    held: tuple[str, ...]  # rows of memory.stat that no file could take back


_V1 = _Words(("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), "memory.oom_control", ("rss", "shmem"))
_V2 = _Words(("memory.max",), "memory.events", ("anon", "shmem"))


class Group:
    """
    A control group that was made.

    Args:
        folders: of it, by controller; one folder for all in version 2.
        limits: that it keeps.
    """

    def __init__(self, folders: Mapping[str, Path], limits: Limits) -> None:
        self._folders = dict(folders)
        self._unique = list(dict.fromkeys(folders.values()))
        self._words = _V2 if len(self._unique) == 1 else _V1
        self._limits = limits
        self._doors: list[int] = []

    def bound(self) -> None:
        """Set its limits. OSError where it may not."""
        memory, pids = self._folders["memory"], self._folders["pids"]
        (memory / self._words.memory[0]).write_text(str(self._limits.memory))
        for name in self._words.memory[1:]:
            with contextlib.suppress(OSError):  # swap isn't counted
                (memory / name).write_text(str(self._limits.memory))
        if self._words is _V2:
            with contextlib.suppress(OSError):
                (memory / "memory.swap.max").write_text("0")
        (pids / "pids.max").write_text(str(self._limits.processes))
        self._doors = [os.open(folder / "cgroup.procs", os.O_WRONLY) for folder in self._unique]

    def enter(self) -> None:
        """Move this process into it; for a child before it becomes another program."""
        for door in self._doors:
            os.write(door, b"0")

    def members(self) -> set[int]:
        """Return the processes in it."""
        found: set[int] = set()
        for folder in self._unique:
            with contextlib.suppress(OSError, ValueError):
                found.update(int(line) for line in (folder / "cgroup.procs").read_text().split())
        return found

    def kills(self) -> int:
        """Return how many of its processes were killed for memory."""
        return _row(self._folders["memory"] / self._words.kills, "oom_kill")

    def refused(self) -> int:
        """Return how many processes were refused for their number."""
        return _row(self._folders["pids"] / "pids.events", "max")

    def held(self) -> int:
        """Return the bytes of memory that it holds now, without the cache of files."""
        path = self._folders["memory"] / "memory.stat"
        return sum(_row(path, f"total_{word}") or _row(path, word) for word in self._words.held)

    def kill(self) -> None:
        """Kill what is in it, until nothing is."""
        with contextlib.suppress(OSError):
            (self._folders["pids"] / "pids.max").write_text("0")  # a fork bomb can't refill it
        until = time.monotonic() + _SETTLE_SECONDS
        while (members := self.members()) and time.monotonic() < until:
            for pid in members:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    def remove(self) -> None:
        """Kill what is in it and remove it."""
        for door in self._doors:
            os.close(door)
        self._doors = []
        self.kill()
        for folder in self._unique:
            until = time.monotonic() + _SETTLE_SECONDS
            while not _is_removed(folder) and time.monotonic() < until:
                time.sleep(0.01)  # those killed are still on their way out


def made(limits: Limits) -> tuple[Group | None, str]:
    """Return a group for one run; None, with the reason, where none can be made."""
    reasons = []
    for folders in _candidates():
        name = f"{PREFIX}{owners.mark()}-{time.monotonic_ns()}"
        group = Group({word: folder / name for word, folder in folders.items()}, limits)
        try:
            for folder in set(folders.values()):
                (folder / name).mkdir()
            group.bound()
        except OSError as error:
            reasons.append(f"{folders['memory']}: {error.strerror}")
            group.remove()
            continue
        return group, ""
    return None, next(iter(reasons), "this machine has none")


def sweep() -> None:
    """Kill and remove what a doctor that was killed has left."""
    for folders in _candidates():
        for folder in set(folders.values()):
            with contextlib.suppress(OSError):
                for path in folder.glob(f"{PREFIX}*"):
                    if owners.is_left(path.name.removeprefix(PREFIX).rpartition("-")[0]):
                        Group({"memory": path, "pids": path}, Limits()).remove()


def _candidates() -> Iterator[Mapping[str, Path]]:
    """Yield the groups below which one could be made, by controller."""
    places = _places()
    if "" in places:
        own = places[""]
        for folder in (own.parent, own):  # a group that has processes can't pass controllers on
            with contextlib.suppress(OSError):
                if set(_WANTED) <= set((folder / "cgroup.subtree_control").read_text().split()):
                    yield dict.fromkeys(_WANTED, folder)
    if set(_WANTED) <= places.keys():
        yield {word: places[word] for word in _WANTED}


def _places() -> dict[str, Path]:
    """The group that this process is in, by controller; "" for version 2."""
    try:
        rows = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        mounts = dict(_mounts())
    except OSError:
        return {}
    found = {}
    for _, controllers, path in (row for row in rows if len(row) == 3):
        for word in controllers.split(","):
            if word in mounts:
                found[word] = mounts[word] / path.lstrip("/")
    return found


def _mounts() -> Iterator[tuple[str, Path]]:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options = line.split(" ")[:4]
        if kind == "cgroup2":
            yield "", Path(place)
        if kind == "cgroup":
            yield from ((word, Path(place)) for word in options.split(",") if word in _WANTED)


def _row(path: Path, word: str) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in path.read_text().splitlines():
            parts = line.split()
            if parts[0] == word:
                return int(parts[1])
    return 0


def _is_removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
