"""CONTRIBUTING, "Add a check", is followed to the letter: its blocks are written where it says; the suite passes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPIED = ("doctor", "checks", "fixtures/sick", "tests", "docs", "pyproject.toml", "CONTRIBUTING.md")


def blocks():
    """Yield (path, content) of each code block of the section, the path being the last one named before it."""
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Add a check")[1].split("\n## ")[0]
    for before, content in re.findall(r"(.*?)```\w+\n(.*?)```", section, flags=re.DOTALL):
        named = re.findall(r"`([\w./-]+\.(?:py|json|ipynb))`", before)
        yield named[-1], content


def test_the_example_works_as_it_stands(tmp_path):
    for place in COPIED:
        source = ROOT / place
        if source.is_dir():
            shutil.copytree(source, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
        else:
            shutil.copy(source, tmp_path / place)
    written = []
    for path, content in blocks():
        target = tmp_path / path
        assert not target.exists(), path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        written.append(path)
    assert [p.split("/")[0] for p in written] == ["checks", "fixtures", "fixtures", "tests"]

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "COVERAGE_PROCESS_START": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
        return done.stdout

    assert "notebook-packed" in run("-m", "doctor", "checks")
    assert "2 passed" in run("-m", "pytest", "-p", "no:cacheprovider", "tests/checks/test_notebook_packed.py")
    run(
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "tests/test_suite.py",
        "-k",
        "notebook or fixture or one_check or unique",
    )
    run("docs/build.py")
    assert "### notebook-packed" in (tmp_path / "docs" / "checks.md").read_text()
