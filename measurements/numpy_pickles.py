"""Makes ``doctor/facts/numpy_pickles.json`` of NumPy's measured table: since when what its pickles name is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measurements import table


def derive(measured: Mapping[str, Any], environments: Path) -> dict[str, Any]:
    """
    Return the data file, by its name.

    Args:
        measured: NumPy's table.
        environments: the folder of the environments that were measured.
    """
    early = environments / "numpy-1.26.4" / "lib" / "python3.11" / "site-packages" / "numpy" / "_core"
    modules = ["numpy._core", *(f"numpy._core.{f.stem}" for f in sorted(early.glob("*.py")) if f.stem != "__init__")]
    return {
        "numpy_pickles": {
            "source": f"{measured['source']}; numpy/_core of the wheel of 1.26.4",
            "measured": measured["measured"],
            "core": {
                "since": _since(measured, "array-p4.pkl", "2.0.0"),
                "whole_since": _since(measured, "array-p5.pkl", "2.0.0"),
                "early": modules,
            },
            "generators": {
                "modules_since": _since(measured, "PCG64-p4.pkl", "2.0.0", "No module named 'numpy.random._"),
                "class_since": _since(measured, "PCG64-p4.pkl", "2.0.0"),
                "two_arguments_since": _since(measured, "RandomState-p4.pkl", "1.26.4"),
            },
            "joblib": {"aligned_since": _joblib(measured, _since(measured, "array.joblib", "1.26.4"))},
        }
    }


def _joblib(measured: Mapping[str, Any], environment: str) -> str:
    """Return the joblib of an environment."""
    return str(measured["environments"][environment]["packages"]["joblib"])


def _since(measured: Mapping[str, Any], name: str, writer: str, error: str = "") -> str:
    """Return the release since which an object of another release is loaded, or doesn't fail with some error."""
    since = ""
    for pair in table.pairs(measured):
        if pair.object == name and pair.writer == writer:
            since = "" if pair.error and error in pair.error else since or pair.reader
    return since
