"""Who made a container, a volume or a folder: so that what a killed doctor left behind is known, and swept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import time
from pathlib import Path

_ALONE_SECONDS = 24 * 3600  # what another machine's doctor left is swept when no trial could still run


def mark() -> str:
    """Return this process's mark: machine and boot, process, its start, now."""
    pid = os.getpid()
    return f"{_machine()}.{pid}.{_started(pid)}.{int(time.time())}"


def is_left(text: str) -> bool:
    """Say whether whoever made something with this mark is gone; False for what is no mark."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts[1:]):
        return False
    machine, pid, started, made = parts[0], int(parts[1]), parts[2], int(parts[3])
    if machine != _machine():
        return time.time() - made > _ALONE_SECONDS
    return pid != os.getpid() and not (_is_alive(pid) and _started(pid) == started)


def _machine() -> str:
    """A machine from one boot to the next, and the namespace in which its processes are numbered."""
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # sending signal 0 ends a process on Windows
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str:
    """When a process was started, in ticks since the boot; "0" where nothing tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"
