"""Checks loaded from one file of byte code are the checks of the sources, whatever happens to that file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHECK = '''
from doctor.model import Severity, Stage, check
@check(title="T", fault="artifact-layout", severity=Severity.NOTE, stage=Stage.LOAD, basis="https://a")
def extra(artifact):
    """Doc."""
    yield from ()
'''


@pytest.fixture
def copy(tmp_path):
    for place in ("doctor", "checks"):
        shutil.copytree(ROOT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def listed(copy):
    command = [sys.executable, "-m", "doctor", "checks", "--format", "json"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def test_the_same_checks_from_sources_and_from_the_file(copy):
    first = listed(copy)
    assert list((copy / "checks" / "__pycache__").glob("suite.*.bin"))
    assert listed(copy) == first


def test_a_new_a_changed_and_a_removed_check_are_seen(copy):
    before = listed(copy)
    path = copy / "checks" / "layout" / "extra.py"
    path.write_text(CHECK)
    assert '"extra"' in listed(copy)
    path.write_text(CHECK.replace('title="T"', 'title="Other"'))
    assert '"Other"' in listed(copy)
    path.unlink()
    assert listed(copy) == before


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_file_is_not_believed(copy, damage):
    before = listed(copy)
    file = next((copy / "checks" / "__pycache__").glob("suite.*.bin"))
    file.write_bytes(file.read_bytes()[:1000] if damage is None else damage)
    assert listed(copy) == before
