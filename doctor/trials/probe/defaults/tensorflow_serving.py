"""What TensorFlow Serving loads: the highest version of the SavedModel in a folder named by a number."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request


def load(request: Request) -> tuple[Any, str]:
    """Return the SavedModel, loaded by TensorFlow itself where the environment has it."""
    folder = _bundle(request.model_dir)
    name = os.path.relpath(folder, request.model_dir)
    if not toolkit.installed("tensorflow"):
        raise NotTried(f"TensorFlow Serving is a program, and this environment has no tensorflow to load {name} with")
    import tensorflow as tf  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return tf.saved_model.load(folder), f"tf.saved_model.load of {name}/"


def _bundle(model_dir: str) -> str:
    found = []
    for folder, folders, files in os.walk(model_dir):
        folders.sort()
        if "saved_model.pb" in files and os.path.basename(folder).isdigit():
            found.append(folder)
    if not found:
        raise ValueError("no SavedModel bundles found!")
    first = os.path.dirname(found[0])
    return max((f for f in found if os.path.dirname(f) == first), key=lambda f: int(os.path.basename(f)))
