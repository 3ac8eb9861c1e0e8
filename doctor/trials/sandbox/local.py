"""
The sandbox of a local interpreter: a subprocess with limits, in bubblewrap where that can be had.

It is for machines without a container engine. What it keeps apart depends on the machine, and ``place`` says what it
doesn't. The interpreter that runs doctor never sees the artifact's code.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from doctor.trials.sandbox import bubblewrap, cgroup, owners
from doctor.trials.sandbox.base import PROBE_DIR, Given
from doctor.trials.sandbox.bubblewrap import Bubblewrap
from doctor.trials.sandbox.leaving import Ending, undisturbed
from doctor.trials.sandbox.unpacked import Unpacking
from doctor.trials.sandbox.watching import Family, Watching, tasks
from doctor.trials.values import MODEL_DIR, Ended, Limits, Place, Process

_PREFIX = "endpoint-doctor-"
_SPARE = 1 << 30  # bytes of disk that an artifact must leave free
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_POSIX = os.name == "posix"
# A parent of its own, so that ending its parent doesn't end doctor. It gives its child's signals as 128 and more.
_SHELL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")


def open_local(python: str, given: Given, limits: Limits, *, why: str = "", gpu: bool = False) -> LocalSandbox:
    """
    Make a sandbox of an interpreter on this machine.

    Args:
        python: its path.
        given: what is visible inside.
        limits: of each process.
        why: no better place is there; told with what isn't kept apart.
        gpu: whether its processes see this machine's GPUs.

    Raises:
        BadInput: it doesn't run, or there is no such artifact.
        Unreadable: the artifact can't be unpacked.
    """
    sandbox = LocalSandbox(python, limits, why, gpu=gpu)
    try:
        sandbox.open(given)
    except BaseException:
        sandbox.close()
        raise
    return sandbox


class LocalSandbox:
    """
    Processes of an interpreter on this machine, one after another; a context manager.

    Args:
        python: its path.
        limits: of each process.
        why: no better place is there.
        gpu: whether they see this machine's GPUs; bubblewrap would hide those, and isn't used.

    ``left_out`` tells what of the artifact isn't unpacked, and why.
    """

    def __init__(self, python: str, limits: Limits, why: str, *, gpu: bool = False) -> None:
        self._gpu = gpu
        self.limits = limits
        self.left_out: tuple[str, ...] = ()
        self._why = why
        self._python = bubblewrap.interpreter(python)
        self._home = Path()
        self._model = Path()
        self._files: dict[str, bytes] = {}
        self._variables: dict[str, str] = {}
        self._bubblewrap: Bubblewrap | None = None
        self._no_bubblewrap = ""
        self._no_group = ""
        self._groups: list[cgroup.Group] = []
        self._ending = Ending()

    def open(self, given: Given) -> None:
        """Make its folders; what a killed doctor left is swept first."""
        _sweep()
        self._home = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{owners.mark()}-")).resolve()
        atexit.register(self.close)
        for name in ("home", "tmp"):
            (self._home / name).mkdir()
        self._files = dict(given.files)
        self._write()
        self._no_group = self._try_a_group()
        self._no_bubblewrap = self._choose()
        self._unpack(given.artifact)
        self._variables = {**self._clean(), **given.variables}
        if self._bubblewrap is not None:
            self._no_bubblewrap = self._bubblewrap.refuses(self._command(), self._python.program, self._clean())
            self._give_up_bubblewrap(given)

    def _write(self) -> None:
        """Write the probe; without bubblewrap anew after each run, which could have changed it."""
        _remove(self._home / "probe")
        (self._home / "probe").mkdir()
        for name, data in self._files.items():
            (self._home / "probe" / name).write_bytes(data)

    def _choose(self) -> str:
        """Take bubblewrap where it is; return why not."""
        self._bubblewrap = bubblewrap.find() if _POSIX and not self._gpu else None
        if self._gpu:
            return "bubblewrap would hide the GPUs"
        if self._bubblewrap is None:
            return "bubblewrap isn't installed"
        bubblewrap.settings(self._home / "etc")
        return ""

    def _give_up_bubblewrap(self, given: Given) -> None:
        """Do without it where it doesn't work here; a folder of the user's is then copied."""
        if not self._no_bubblewrap:
            return
        self._no_bubblewrap = f"bubblewrap can't be used here ({self._no_bubblewrap})"
        self._bubblewrap = None
        if self._model == Path(given.artifact).resolve():
            self._unpack(given.artifact)
        self._variables = {**self._clean(), **given.variables}

    def _unpack(self, artifact: str) -> None:
        """Unpack the artifact; in bubblewrap a folder is shown as it is, for it can't be written to."""
        if self._bubblewrap is not None and Path(artifact).is_dir():
            self._model = Path(artifact).resolve()
            return
        self._model = self._home / "model"
        self._model.mkdir()
        unpacking = Unpacking(artifact, max(shutil.disk_usage(self._home).free - _SPARE, 1))
        unpacking.into(self._model)
        self.left_out = tuple(unpacking.left_out)

    def _try_a_group(self) -> str:
        group, reason = cgroup.made(self.limits) if _POSIX else (None, "not on this system")
        if group is not None:
            group.remove()
        return reason

    @property
    def model_dir(self) -> str:
        """Where the model lies for the process."""
        return MODEL_DIR if self._bubblewrap else str(self._model)

    @property
    def probe_dir(self) -> str:
        """Where the probe's files lie for the process."""
        return PROBE_DIR if self._bubblewrap else str(self._home / "probe")

    @property
    def can_be_writable(self) -> bool:
        """In bubblewrap the root can be in memory, and that is bounded by a control group only."""
        return self._bubblewrap is not None and not self._no_group

    @property
    def place(self) -> Place:
        """Where that is, and what it keeps apart."""
        isolated, exposed = ["environment variables"], list[str]()
        if self._bubblewrap is not None:
            isolated += ["network", "files of this machine", "processes of this machine"]
            exposed.append("the kernel of this machine, and what the interpreter's own folders hold, to be read")
        else:
            exposed += ["network", "files of this machine that this user can use", "processes of this user"]
            exposed.append(f"the model lies at {self.model_dir}, not at {MODEL_DIR}")
            exposed.append(self._no_bubblewrap)
        if self._no_group:
            exposed.append(f"memory and processes are watched, not limited (no control group: {self._no_group})")
        else:
            isolated.append("memory and processes beyond its limits")
        exposed += [self._why] if self._why else []
        name = f"{self._python.program} in bubblewrap" if self._bubblewrap else self._python.program
        return Place(name, tuple(isolated), tuple(exposed))

    def run(self, arguments: Sequence[str], *, writable: bool = False) -> Process:
        """Run the interpreter with these arguments; see `Sandbox.run`."""
        group = cgroup.made(self.limits)[0] if _POSIX and not self._no_group else None
        self._groups += [group] if group is not None else []  # should the end come just before it is tidied
        family = Family(group)
        process: subprocess.Popen[bytes] | None = None
        try:
            process = self._start(arguments, group, writable=writable and self.can_be_writable)
            folders = () if self._bubblewrap else (self._home / "home", self._home / "tmp")
            return Watching(
                process, family, group, self.limits, folders, in_a_namespace=bool(self._bubblewrap)
            ).to_its_end()
        except OSError as error:
            return Process(Ended.REFUSED, 0, 0, b"", str(error), 0)
        finally:
            with undisturbed():
                self._tidy(family, group, process)

    def _tidy(self, family: Family, group: cgroup.Group | None, process: subprocess.Popen[bytes] | None) -> None:
        if process is not None:
            family.kill(process)
        family.leave()
        if group is not None:
            group.remove()
            self._groups.remove(group)
        if not self._bubblewrap:
            self._write()
            for name in ("home", "tmp"):
                _remove(self._home / name)
                (self._home / name).mkdir()

    def _start(
        self, arguments: Sequence[str], group: cgroup.Group | None, *, writable: bool
    ) -> subprocess.Popen[bytes]:
        command = [self._python.program, *arguments]
        if self._bubblewrap is not None:
            command = [*self._command(writable=writable), *command]
        elif _POSIX:
            command = [*_SHELL, *command]
        return subprocess.Popen(  # noqa: S603 - it is what the sandbox is for
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._home / "home",
            env=self._variables,
            start_new_session=True,
            preexec_fn=_limiting(self.limits, group) if _POSIX else None,  # noqa: PLW1509 - it takes no lock
        )

    def _command(self, *, writable: bool = False) -> list[str]:
        if self._bubblewrap is None:
            return []
        home, model = self._home, self._model
        return self._bubblewrap.command(
            self._python, model, home / "probe", home / "etc", self.limits, writable=writable
        )

    def _clean(self) -> dict[str, str]:
        """The variables of a process, none of which is the user's own."""
        folder = os.path.dirname(self._python.program)  # noqa: PTH120 - as named
        inside = self._bubblewrap is not None
        return {
            "PATH": os.pathsep.join([folder, "/usr/local/bin", "/usr/bin", "/bin"]) if _POSIX else folder,
            "HOME": bubblewrap.HOME if inside else str(self._home / "home"),
            "TMPDIR": "/tmp" if inside else str(self._home / "tmp"),  # noqa: S108 - the sandbox's own
            "LANG": "C.UTF-8",
            **(_the_same_gpus() if self._gpu else {"NVIDIA_VISIBLE_DEVICES": "void", "CUDA_VISIBLE_DEVICES": ""}),
            **bubblewrap.NEEDED,
        }

    def __enter__(self) -> LocalSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove its folders, whatever has happened."""
        with undisturbed():
            while self._groups:
                self._groups[-1].remove()
                self._groups.pop()
            if self._home != Path():
                _remove(self._home)
            atexit.unregister(self.close)
        self._ending.off()


def _limiting(limits: Limits, group: cgroup.Group | None) -> Callable[[], None]:
    """Return what a child does before it becomes another program. All that can wait or fail is done here."""
    import ctypes
    import resource

    control = getattr(ctypes.CDLL(None), "prctl", None)
    countable = sys.platform.startswith("linux") and os.geteuid() != 0
    processes = limits.processes + _own_threads() if countable else 0
    cores = _cores(limits.cpus)

    def limit() -> None:
        if group is not None:
            group.enter()
        for what, most in (("FSIZE", limits.temporary), ("CORE", 0), ("NPROC", processes)):
            if hasattr(resource, f"RLIMIT_{what}") and (most or what == "CORE"):
                with contextlib.suppress(ValueError, OSError):
                    resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
        if cores:
            os.sched_setaffinity(0, cores)
        if control is not None:
            control(_DIES_WITH_PARENT, 9, 0, 0, 0)
        with contextlib.suppress(OSError):
            door = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
            os.write(door, b"1000")  # where this machine runs out of memory, it goes first
            os.close(door)

    return limit


def _the_same_gpus() -> dict[str, str]:
    """Variables with which CUDA sees the GPUs that doctor's own process would, numbered as NVML does."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **({} if visible is None else {"CUDA_VISIBLE_DEVICES": visible})}


def _own_threads() -> int:
    """How many threads this user has now: their number is limited in all, not those of one run."""
    user, count = os.getuid(), 0
    for pid in tasks():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == user:  # noqa: PTH116
                count += len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    return count


def _cores(cpus: float) -> Any:
    if not hasattr(os, "sched_getaffinity"):
        return None
    return sorted(os.sched_getaffinity(0))[: max(math.ceil(cpus), 1)]


def _remove(folder: Path) -> None:
    """Remove a folder of one's own, whatever its modes; links are not followed."""

    def again(function: Any, path: str, _problem: object) -> None:
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)  # noqa: PTH101, PTH120
            function(path)

    shutil.rmtree(folder, onerror=again)
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what a doctor that was killed has left."""
    if _POSIX:
        cgroup.sweep()
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        mark = path.name.removeprefix(_PREFIX).rpartition("-")[0]
        with contextlib.suppress(OSError):
            if owners.is_left(mark) and path.is_dir() and not path.is_symlink():
                if _POSIX and path.lstat().st_uid != os.getuid():
                    continue
                _remove(path)
