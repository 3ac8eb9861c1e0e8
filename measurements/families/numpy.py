"""NumPy: arrays, scalars, dtypes, functions and random generators in pickles of every protocol and in joblib files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

_HANDLER = """\
import os
import {loader}


def model_fn(model_dir):
    {load}


def predict_fn(input_data, model):
    return model
"""
_LOADS = {
    "pkl": ("pickle", 'with open(os.path.join(model_dir, "{path}"), "rb") as file:\n        return pickle.load(file)'),
    "joblib": ("joblib", 'return joblib.load(os.path.join(model_dir, "{path}"))'),
}


def _served(name: str) -> Served:
    ending = name.rpartition(".")[2]
    path = f"model.{ending}"
    loader, load = _LOADS[ending]
    text = _HANDLER.format(loader=loader, load=load.format(path=path))
    return Served("sklearn", path, {"code/inference.py": text})


def _env(version: str, python: str, joblib: str) -> Env:
    return Env(version, python, (f"numpy=={version}", f"joblib=={joblib}"))


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements.__main__ import HOME
    from measurements.numpy_pickles import derive

    return derive(measured, HOME / "envs")


FAMILY = Family(
    name="numpy",
    leading="numpy",
    environments=(
        _env("1.17.5", "3.8", "0.14.1"),
        _env("1.18.5", "3.8", "0.17.0"),
        _env("1.19.5", "3.8", "1.0.1"),
        _env("1.20.3", "3.8", "1.0.1"),
        _env("1.21.6", "3.8", "1.1.1"),
        _env("1.22.4", "3.8", "1.1.1"),
        _env("1.23.5", "3.8", "1.2.0"),
        _env("1.24.0", "3.8", "1.2.0"),
        _env("1.24.4", "3.8", "1.2.0"),
        _env("1.25.2", "3.11", "1.3.2"),
        _env("1.26.0", "3.11", "1.3.2"),
        _env("1.26.1", "3.11", "1.3.2"),
        _env("1.26.4", "3.11", "1.4.2"),
        _env("2.0.0", "3.11", "1.4.2"),
        _env("2.0.2", "3.11", "1.4.2"),
        _env("2.1.3", "3.11", "1.4.2"),
        _env("2.2.6", "3.11", "1.5.2"),
        _env("2.3.5", "3.11", "1.5.2"),
        _env("2.4.6", "3.12", "1.5.2"),
        _env("2.5.5", "3.12", "1.5.2"),
    ),
    served=_served,
    newer=lambda version: _env(version, "3.13", "1.5.2"),
    derive=_derived,
)
