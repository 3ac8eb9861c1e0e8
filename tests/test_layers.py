"""Imports point one way: cli to everything, checks to words, formats and facts, model to nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROBE = ROOT / "doctor" / "trials" / "probe"  # runs where the frameworks are, and uses those that it finds

# What each module or package must not import, at any level.
FORBIDDEN = {
    "doctor/model.py": ("doctor",),
    "doctor/errors.py": ("doctor",),
    "doctor/facts": (
        "doctor.deployment",
        "doctor.examine",
        "doctor.report",
        "doctor.cli",
        "doctor.artifact",
        "doctor.image",
    ),
    "doctor/formats": (
        "doctor.deployment",
        "doctor.examine",
        "doctor.rank",
        "doctor.report",
        "doctor.cli",
        "doctor.image",
        "doctor.model",
    ),
    "doctor/artifact": (
        "doctor.deployment",
        "doctor.examine",
        "doctor.rank",
        "doctor.report",
        "doctor.cli",
        "doctor.image",
    ),
    "doctor/image": ("doctor.deployment", "doctor.examine", "doctor.rank", "doctor.report", "doctor.cli"),
    "doctor/trials": ("doctor.deployment", "doctor.examine", "doctor.rank", "doctor.report", "doctor.cli"),
    "doctor/examine.py": ("doctor.deployment", "doctor.report", "doctor.cli", "doctor.artifact", "doctor.formats"),
    "doctor/rank.py": ("doctor.deployment", "doctor.report", "doctor.cli", "doctor.artifact", "doctor.formats"),
    "checks": (
        "doctor.deployment",
        "doctor.examine",
        "doctor.rank",
        "doctor.report",
        "doctor.reporting",
        "doctor.cli",
        "doctor.suite",
        "checks",
        "doctor.checks",
        "torch",
        "tensorflow",
        "numpy",
        "sklearn",
        "rich",
        "click",
    ),
    "doctor": ("checks", "torch", "tensorflow", "numpy", "sklearn", "h5py", "onnx", "keras", "xgboost"),
}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names |= {node.module or ""} | {f"{node.module}.{a.name}" for a in node.names}
    return names


def files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_point_one_way(place):
    for path in files(place):
        if place == "doctor" and PROBE in path.parents:
            continue
        for name in imports(path):
            for forbidden in FORBIDDEN[place]:
                assert name != forbidden and not name.startswith(forbidden + "."), (
                    f"{path.relative_to(ROOT)} imports {name}"
                )


def test_what_runs_in_a_sandbox_needs_nothing_else_of_doctor():
    for path in PROBE.rglob("*.py"):
        for name in imports(path):
            assert not name.startswith("doctor") or name.startswith("doctor.trials.probe"), f"{path} imports {name}"


def test_frameworks_are_imported_nowhere_at_the_top():
    for path in files("doctor") + files("checks"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = imports_of(node)
                assert not names & {"boto3", "docker", "packaging", "lz4", "pipdeptree"}, (
                    f"{path} imports {names} at its top"
                )


def imports_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    return (
        {a.name.split(".")[0] for a in node.names}
        if isinstance(node, ast.Import)
        else {(node.module or "").split(".")[0]}
    )


def test_only_cli_and_reports_print():
    for path in files("doctor") + files("checks"):
        if path.name in {"cli.py", "__main__.py"} or "report" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            assert not (isinstance(called, ast.Name) and called.id == "print"), path
