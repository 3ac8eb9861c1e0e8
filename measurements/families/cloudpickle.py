"""Python itself: functions and classes pickled by value, pickle's protocols, joblib's compressions, over its minors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

_HANDLER = """\
import os
import {loader}


def model_fn(model_dir):
    path = os.path.join(model_dir, "model.{ending}")
    {load}


def predict_fn(input_data, model):
    return {answer}
"""


def _served(name: str) -> Served | None:
    way, _, what = name.partition("-")
    if way == "dill":  # measured, and not asked about: doctor doesn't read the code objects that dill makes
        return None
    loader, ending, load = "pickle", "pkl", 'with open(path, "rb") as file:\n        return pickle.load(file)'
    if way == "joblib":
        loader, ending, load = "joblib", "joblib", "return joblib.load(path)"
    elif way == "cloudpickle":
        loader, load = way, load.replace("pickle.load", "cloudpickle.load")
    answer = "model" if way in {"joblib", "pickle"} else "model.predict(input_data)" if what == "object" else "model(4)"
    text = _HANDLER.format(loader=loader, ending=ending, load=load, answer=answer)
    return Served("sklearn", f"model.{ending}", {"code/inference.py": text})


def _env(python: str, cloudpickle: str, dill: str, joblib: str, *more: str) -> Env:
    pins = (f"cloudpickle=={cloudpickle}", f"dill=={dill}", f"joblib=={joblib}", *more)
    return Env(f"{python}+{cloudpickle}", python, pins)


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements.__main__ import HOME
    from measurements.cloudpickle_pickles import derive

    return derive(measured, HOME / "envs")


FAMILY = Family(
    name="cloudpickle",
    leading="cloudpickle",
    environments=(
        _env("3.6", "1.6.0", "0.3.4", "0.14.1"),
        _env("3.7", "1.6.0", "0.3.4", "0.17.0"),
        _env("3.7", "2.2.1", "0.3.7", "1.1.1", "lz4==4.3.2"),
        _env("3.8", "1.6.0", "0.3.4", "1.0.1"),
        _env("3.8", "2.2.1", "0.3.7", "1.2.0", "lz4==4.3.2"),
        _env("3.8", "3.1.2", "0.3.8", "1.4.2", "lz4==4.3.2"),
        _env("3.9", "2.2.1", "0.3.7", "1.2.0", "lz4==4.3.2"),
        _env("3.10", "1.6.0", "0.3.6", "1.1.1"),
        _env("3.10", "2.2.1", "0.3.7", "1.3.2", "lz4==4.3.2"),
        _env("3.10", "3.1.2", "0.3.8", "1.4.2", "lz4==4.3.2"),
        _env("3.11", "2.2.1", "0.3.7", "1.3.2", "lz4==4.3.2"),
        _env("3.11", "3.1.2", "0.4.0", "1.5.2"),
        _env("3.12", "2.2.1", "0.3.8", "1.3.2", "lz4==4.3.2"),
        _env("3.12", "3.1.2", "0.4.0", "1.5.2", "lz4==4.3.2"),
        _env("3.13", "3.1.2", "0.4.0", "1.5.2", "lz4==4.4.5"),
    ),
    served=_served,
    derive=_derived,
)
