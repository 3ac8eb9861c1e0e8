"""Environments from PyPI, each made once and kept; one that was not finished is made again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from measurements.family import Env

_FREEZE = (
    "import json,sys\n"
    "try:\n from importlib.metadata import distributions\n"
    " found={d.metadata['Name']: d.version for d in distributions()}\n"
    "except ImportError:\n from pkg_resources import working_set\n"
    " found={d.project_name: d.version for d in working_set}\n"
    "print(json.dumps({'python': '.'.join(map(str, sys.version_info[:3])), 'packages': found}))\n"
)


class NotMade(Exception):
    """An environment that can't be made here: no such Python, or the packages can't be installed."""


def made(env: Env, home: Path, recorded: dict[str, str] | None = None) -> Path:
    """
    Return the interpreter of an environment, made first where it isn't there.

    Args:
        env: what it is to hold.
        home: the folder of all environments.
        recorded: packages and versions that an earlier measurement had, to have the same again.

    Raises NotMade.
    """
    folder = home / env.name
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([*_uv(), "venv", "-q", "--python", _interpreter(env.python), str(folder)])
    pins = [f"{n}=={v}" for n, v in recorded.items()] if recorded else ["setuptools<81", *env.pins]
    # An environment of venv or conda had setuptools in the years of the older releases, and some of them import it.
    links = [f"--find-links={place}" for place in os.environ.get("PIP_FIND_LINKS", "").split()]
    _run([*_uv(), "pip", "install", "-q", "--python", str(python), *links, *pins])
    (folder / "ready").touch()
    return python


def freeze(python: Path) -> tuple[str, dict[str, str]]:
    """Return an environment's Python and its distributions, as its own interpreter says."""
    done = subprocess.run([str(python), "-c", _FREEZE], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    return said["python"], {n: v for n, v in sorted(said["packages"].items()) if n.lower() != "pip"}


def _uv() -> list[str]:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise NotMade("uv is not installed: pip install 'endpoint-doctor[measure]'")
    return [found]


def _interpreter(minor: str) -> str:
    """Return a Python of a minor version: pyenv's where there is one, else whatever uv finds by that number."""
    versions = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    found = sorted(versions.glob(f"{minor}.*/bin/python"))
    return str(found[-1]) if found else minor


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMade(f"{' '.join(command[:3])} ...: {done.stderr.strip()[-600:]}")
