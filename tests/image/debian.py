"""A Debian root for images, made once by debootstrap and kept beside the fixtures."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CACHE = Path(__file__).parent.parent.parent / "fixtures" / ".cache"


def debian_root(*packages: str) -> Path:
    """Return the tar of a Debian root with some packages; skip, saying so, where none can be made."""
    target = CACHE / f"debian-{'-'.join(packages) or 'minbase'}.tar"
    if target.exists():
        return target
    if not shutil.which("debootstrap") or os.geteuid():
        pytest.skip("NOT TESTED: debootstrap is not installed, or may not be run by this user")
    CACHE.mkdir(parents=True, exist_ok=True)
    root, partial = target.with_suffix(""), target.with_suffix(".partial")
    shutil.rmtree(root, ignore_errors=True)
    include = [f"--include={','.join(packages)}"] if packages else []
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", *include, "bookworm", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"NOT TESTED: debootstrap failed: {made.stdout[-300:]}")
    subprocess.run(["tar", "-C", str(root), "--exclude=./dev/*", "-cf", str(partial), "."], check=True)
    shutil.rmtree(root)
    partial.rename(target)
    return target
