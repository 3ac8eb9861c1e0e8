"""Bubblewrap's command line: what of this machine a process sees in it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from doctor.errors import BadInput
from doctor.trials.sandbox.base import PROBE_DIR
from doctor.trials.values import MODEL_DIR, Limits

HOME = "/home/endpoint-doctor"
# Without it no Python starts on Windows.
NEEDED = {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What programs and libraries need to start: the loader's cache, Debian's links to libraries, time zones.
_SETTINGS = ("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types")
_PROCESSORS = ("/sys/devices/system/cpu", "/sys/devices/system/node")
# Package managers whose programs need each other's folders.
_STORES = ("/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew")
# Never shown whole, whatever an interpreter names.
_NEVER = frozenset(
    f"/{name}"
    for name in ("", "boot", "dev", "etc", "home", "mnt", "opt", "proc", "root", "run", "srv", "sys", "tmp", "var")
)
_SHARED_MEMORY = 64 << 20
_SECONDS = 60
_MOST_LINKS = 20
_ASKED = """
import json, sys
print(json.dumps([sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix] + sys.path))
"""


class Interpreter(NamedTuple):
    """
    The interpreter under test.

    Args:
        program: its path, as the user named it: of a virtual environment it is a link.
        folders: that it needs, none of which is the system's.
    """

    program: str
    folders: tuple[str, ...]


def interpreter(python: str) -> Interpreter:
    """Ask an interpreter where it lies; BadInput where it doesn't answer."""
    try:
        said = subprocess.run(  # noqa: S603 - the user named it
            [python, "-I", "-c", _ASKED], capture_output=True, text=True, check=False, timeout=_SECONDS, env=NEEDED
        )
        paths = [str(path) for path in json.loads(said.stdout.strip().splitlines()[-1])]
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise BadInput(f"{python}: no Python that runs here: {error}") from None
    named = [*paths, *(str(Path(step).parent.parent) for step in _links(python))]
    return Interpreter(python, tuple(_shown(named)))


def _links(path: str) -> Iterator[str]:
    """Yield a path, and what it leads to step by step."""
    for _ in range(_MOST_LINKS):
        yield path
        if not os.path.islink(path):  # noqa: PTH114 - of text
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))  # noqa: PTH115, PTH118, PTH120


def _shown(paths: Sequence[str]) -> Iterator[str]:
    """Yield the folders that have to be shown for some paths, each as named and as it really is."""
    home = os.path.expanduser("~")  # noqa: PTH111 - it needn't be known
    real = (os.path.realpath(path) for path in paths)
    named = {os.path.normpath(path) for pair in zip(paths, real, strict=True) for path in pair if os.path.isabs(path)}  # noqa: PTH117
    stores = [store for store in _STORES if any(path.startswith(f"{store}/") for path in named)]
    kept: list[str] = []
    for path in sorted({*named, *stores}):
        below = any(path == k or path.startswith(f"{k}/") for k in (*kept, "/usr"))
        if not below and path not in _NEVER and path != home and os.path.exists(path):  # noqa: PTH110
            kept.append(path)
            yield path


class Bubblewrap:
    """
    Bubblewrap as it is installed here.

    Args:
        program: its path.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        said = subprocess.run(  # noqa: S603 - bubblewrap's own help
            [program, "--help"], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
        self._can_size = "--size" in said.stdout + said.stderr

    def command(
        self,
        python: Interpreter,
        model: Path,
        probe: Path,
        settings: Path,
        limits: Limits,
        *,
        writable: bool = False,
    ) -> list[str]:
        """
        Return the command line before the interpreter's own.

        Args:
            python: the interpreter, which is shown with its folders.
            model: shown at /opt/ml/model.
            probe: shown at /opt/endpoint-doctor.
            settings: a folder with passwd and group, shown in /etc.
            limits: of the folders that can be written to.
            writable: whether the root can be written to; it is in memory.
        """
        words = [self._program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        words += ["--hostname", "endpoint", "--proc", "/proc", "--dev", "/dev"]
        words += [*self._memory("/dev/shm", min(_SHARED_MEMORY, limits.temporary)), "--remount-ro", "/dev"]  # noqa: S108
        words += [*self._memory("/tmp", limits.temporary), *self._memory(HOME, limits.temporary)]  # noqa: S108
        words += [word for path in _SYSTEM for word in _system(path)]
        words += ["--dir", "/etc", "--ro-bind", str(settings), "/etc"]
        words += [word for path in (*_PROCESSORS, *python.folders) for word in ("--ro-bind-try", path, path)]
        words += ["--ro-bind", str(model), MODEL_DIR, "--ro-bind", str(probe), PROBE_DIR]
        words += ["--dir", "/var"] if writable else ["--remount-ro", "/"]
        return [*words, "--chdir", HOME, "--"]

    def _memory(self, place: str, size: int) -> list[str]:
        return [*(["--size", str(size)] if self._can_size else []), "--tmpfs", place]

    def refuses(self, command: Sequence[str], python: str, variables: Mapping[str, str]) -> str:
        """Return why an interpreter doesn't start in it; "" where it does."""
        try:
            said = subprocess.run(  # noqa: S603 - the user named the interpreter
                [*command, python, "-c", "import json, ssl"],
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        told = said.stderr.strip().splitlines() or [f"exit status {said.returncode}"]
        return told[-1][:300] if said.returncode else ""


def find() -> Bubblewrap | None:
    """Return the one that is installed, if any."""
    program = shutil.which("bwrap")
    return Bubblewrap(program) if program else None


def settings(folder: Path) -> None:
    """Write what a sandbox sees as /etc: this machine's loader settings, and no user of it."""
    folder.mkdir()
    user = f"endpoint:x:{os.getuid()}:{os.getgid()}::{HOME}:/bin/sh\n"
    (folder / "passwd").write_text(user)
    (folder / "group").write_text(f"endpoint:x:{os.getgid()}:\n")
    (folder / "hosts").write_text("127.0.0.1 localhost endpoint\n::1 localhost\n")
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    for name in _SETTINGS:
        _copy(Path("/etc") / name, folder / name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder as far as it can be read; links stay links."""
    with contextlib.suppress(OSError, shutil.Error):
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            shutil.copyfile(source, target)


def _system(path: str) -> Sequence[str]:
    """Show a folder of the system as it is here: itself, or as the link that it is."""
    if os.path.islink(path):  # noqa: PTH114
        return ("--symlink", os.readlink(path), path)  # noqa: PTH115
    return ("--ro-bind-try", path, path)
