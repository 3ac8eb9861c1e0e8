"""pandas: frames, columns, indexes, dtypes and dates in pickles, as models and their preprocessing keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

# NumPy stays below 2, so that its own changes don't count.
_OLD = ("numpy==1.23.5", "pytz==2025.2", "python-dateutil==2.9.0.post0")
_SAME = ("numpy==1.26.4", "pytz==2025.2", "python-dateutil==2.9.0.post0")
_HANDLER = """\
import os
import pickle


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)


def predict_fn(input_data, model):
    return repr(model)
"""


def _served(_name: str) -> Served:
    return Served("sklearn", "model.pkl", {"code/inference.py": _HANDLER})


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements.pandas_pickles import derive

    return derive(measured)


FAMILY = Family(
    name="pandas",
    leading="pandas",
    environments=(
        *(
            Env(v, "3.8", (f"pandas=={v}", *_OLD))
            for v in ("1.1.5", "1.2.5", "1.3.0", "1.3.5", "1.4.0", "1.4.4", "1.5.0", "1.5.3", "2.0.0", "2.0.3")
        ),
        *(
            Env(v, "3.11", (f"pandas=={v}", *_SAME))
            for v in ("2.1.0", "2.1.4", "2.2.0", "2.2.3", "2.3.0", "2.3.3", "3.0.0")
        ),
        Env("3.1.1", "3.11", ("pandas==3.1.1", "numpy==2.0.2")),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"pandas=={version}", "numpy==2.3.5")),
    derive=_derived,
)
