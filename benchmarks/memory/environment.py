"""The Python environment with PyTorch's CUDA wheel: made once, gigabytes, in .work; or one that is there."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
PACKAGES = ("torch==2.13.0", "torchvision==0.28.0", "timm==1.0.31", "transformers==5.23.0")


def folder() -> Path:
    """Return the folder of what is made here, which git doesn't see."""
    WORK.mkdir(exist_ok=True)
    (WORK / ".gitignore").write_text("*\n")
    return WORK


def python(given: str = "") -> Path:
    """
    Return the environment's Python: the one given, or of MEMORY_PYTHON, or one made here.

    uv resolves torch to the wheel for CUDA; pip may take one for the CPU, as some mirrors offer.
    """
    said = given or os.environ.get("MEMORY_PYTHON", "")
    if said:
        return Path(said)
    place = folder() / "cuda"
    made = place / "bin" / "python"
    if not (place / "ready").exists():
        print("making an environment with the CUDA wheel of torch: several gigabytes", file=sys.stderr)
        uv = _uv()
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", "3.11", str(place)], check=True)
        subprocess.run([*uv, "pip", "install", "-q", "--python", str(made), *PACKAGES], check=True)
        (place / "ready").touch()
    return made


def _uv() -> list[str]:
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    found = shutil.which("uv")
    if not found:
        raise SystemExit("uv isn't there: pip install 'endpoint-doctor[measure]', or name an environment: --python")
    return [found]
