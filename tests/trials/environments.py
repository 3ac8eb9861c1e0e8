"""Interpreters with real frameworks, in which trials run: made of a freeze once, and kept beside the fixtures."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
CACHE = FIXTURES / ".cache" / "environments"
SKLEARN, TORCH = FIXTURES / "trial_sklearn.txt", FIXTURES / "trial_torch.txt"


@cache
def interpreter(freeze: Path) -> str:
    """Return the Python of an environment with the packages of a freeze; skip, saying so, where none can be made."""
    text = Path(freeze).read_text()
    folder = CACHE / hashlib.sha256(text.encode()).hexdigest()[:12]
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        _make(folder, Path(freeze), _base(text.split()[2]))
    return str(python)


def _make(folder: Path, freeze: Path, base: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([base, "-m", "venv", folder], check=True, capture_output=True)
    command = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", "-r", freeze]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"NOT TESTED: {freeze.name} can't be installed: {made.stderr[-300:]}")
    (folder / "complete").touch()


def _base(version: str) -> str:
    minor = ".".join(version.split(".")[:2])
    if sys.version.startswith(f"{minor}."):
        return os.path.realpath(sys.executable)
    pyenv = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    found = str(pyenv) if pyenv.exists() else shutil.which(f"python{minor}")
    if not found:
        pytest.skip(f"NOT TESTED: Python {minor} is not here")
    return found
