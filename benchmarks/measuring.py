"""Runs a command as a whole process and tells its wall time and the largest resident memory of it and its children."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

# A process starts with the memory of the one that made it as its peak so far: a small one is put between.
_BETWEEN = """
import os, sys, time
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
told = f"{time.perf_counter() - start} {os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}"
os.write(int(sys.argv[1]), told.encode())
"""


class Run(NamedTuple):
    """Seconds of wall time, peak resident MiB, exit status, and what it printed (the end of it)."""

    seconds: float
    mib: float
    status: int
    output: str


def run(
    command: list[str], environment: dict[str, str] | None = None, *, cwd: Path | None = None, kept: int = 2000
) -> Run:
    """Run once, output read and its end kept."""
    told, tell = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BETWEEN, str(tell), *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, cwd=cwd,
        pass_fds=[tell],
    )  # fmt: skip
    os.close(tell)
    assert process.stdout
    output = process.stdout.read()
    process.wait()
    with os.fdopen(told) as pipe:
        said = pipe.read().split()
    if len(said) != 3:
        raise RuntimeError(f"{command[0]} was not started: {output.decode('utf-8', 'replace')[-300:]}")
    elapsed, status, kib = said
    return Run(float(elapsed), int(kib) / 1024, int(status), output[-kept:].decode("utf-8", "replace"))


def in_turn(commands: dict[str, list[str]], times: int, environment: dict[str, str] | None = None) -> dict[str, Run]:
    """Run commands in turn, A B C A B C; return for each the run of median time, with its largest memory."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            runs[name].append(run(command, environment))
    return {name: middle(seen) for name, seen in runs.items()}


def middle(runs: list[Run]) -> Run:
    """Return the run of median time, with the largest memory of all."""
    seconds = median(r.seconds for r in runs)
    nearest = min(runs, key=lambda r: abs(r.seconds - seconds))
    return nearest._replace(seconds=seconds, mib=max(r.mib for r in runs))


def tool(cache: Path, package: str, command: str, beside: tuple[str, ...] = ()) -> list[str] | None:
    """
    Return the command of a tool from PyPI in a venv of its own, installed on first use; None where it can't be.

    `beside`: packages that the tool imports without asking for them.
    """
    home = cache / "tools" / package
    program = home / "bin" / command
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(home / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", package, *beside]
        done = subprocess.run(install, check=False)
        if done.returncode or not program.exists():
            print(f"  {package} can't be installed here", file=sys.stderr)
            return None
    return [str(program)]


def version(program: list[str], package: str) -> str:
    """Return the version of a tool that `tool` installed."""
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    python = str(Path(program[0]).with_name("python"))
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False).stdout.strip()
