"""The handlers that load objects as the measuring programs do."""

from __future__ import annotations

_TEXT = """\
import os
{imports}


def model_fn(model_dir):
    path = os.path.join(model_dir, "{path}")
{load}
    return model


def predict_fn(input_data, model):
    return model.predict({data})
"""
_PICKLE = '    with open(path, "rb") as file:\n        model = pickle.load(file)'


def loading(path: str, imports: str, load: str, data: str = "input_data") -> dict[str, str]:
    """Return the artifact's ``code/inference.py``; `load` assigns ``model`` from ``path``."""
    return {"code/inference.py": _TEXT.format(imports=imports, path=path, load=load, data=data)}


def unpickling(name: str, path: str, imports: str, data: str = "input_data") -> dict[str, str]:
    """Return a handler for an object called ``joblib-...`` or ``pickled-...``."""
    if name.startswith("joblib-"):
        return loading(path, f"import joblib\n{imports}", "    model = joblib.load(path)", data)
    return loading(path, f"import pickle\n{imports}", _PICKLE, data)
