"""Model files by their format's own library: what is left where no stack is known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit
from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request


def load(request: Request) -> tuple[Any, str]:
    """
    Return the model of the artifact, or a dictionary of its models by path where it has several.

    A folder that is one model (MLflow, Hugging Face, SavedModel) stands for the files in it.
    """
    found = [file for file in request.models if file.get("format") in LOADERS]
    for whole in ("mlmodel", "huggingface", "savedmodel"):
        folders = [file for file in found if file["format"] == whole]
        if folders:
            found = folders
            break
    if not found:
        raise NotTried("no file of the artifact is a model that can be loaded without knowing how the server does it")
    loaded = [(file["path"], *_loaded(request.model_dir, file)) for file in found]
    if len(loaded) == 1:
        return loaded[0][1], loaded[0][2]
    return {path: model for path, model, _ in loaded}, "; ".join(how for _, _, how in loaded)


def _loaded(model_dir: str, file: dict[str, Any]) -> tuple[Any, str]:
    name = str(file["path"])
    how, function = LOADERS[file["format"]]
    return function(os.path.join(model_dir, name)), "{} of {}".format(how, name)


def _pickle(path: str) -> Any:
    if toolkit.installed("cloudpickle"):  # what it wrote by reference to itself, plain pickle reads as well
        import cloudpickle  # type: ignore[import-not-found,unused-ignore] # noqa: F401
    if toolkit.installed("joblib"):
        return _joblib(path)
    import pickle  # noqa: S403 - in the sandbox

    with open(path, "rb") as file:
        return pickle.load(file)


def _joblib(path: str) -> Any:
    import joblib  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return joblib.load(path)


def _torchscript(path: str) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    return torch.jit.load(path, map_location="cpu")


def _torch(path: str) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except TypeError as error:  # before 1.13 it goes to the unpickler
        if "weights_only" not in str(error):
            raise
        return torch.load(path, map_location="cpu")


def _exported(path: str) -> Any:
    import torch  # type: ignore[import-not-found,unused-ignore]

    return torch.export.load(path)


def _keras(path: str) -> Any:
    try:
        from keras.models import load_model  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        from tensorflow.keras.models import load_model  # type: ignore[import-not-found,import-untyped,unused-ignore]
    return load_model(path)


def _savedmodel(path: str) -> Any:
    import tensorflow as tf  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return tf.saved_model.load(os.path.dirname(path))


def _xgboost(path: str) -> Any:
    import xgboost  # type: ignore[import-not-found,unused-ignore]

    booster = xgboost.Booster()
    booster.load_model(path)
    return booster


def _lightgbm(path: str) -> Any:
    import lightgbm  # type: ignore[import-not-found,unused-ignore]

    return lightgbm.Booster(model_file=path)


def _catboost(path: str) -> Any:
    import catboost  # type: ignore[import-not-found,unused-ignore]

    return catboost.CatBoost().load_model(path, format="json" if path.endswith(".json") else "cbm")


def _onnx(path: str) -> Any:
    import onnxruntime  # type: ignore[import-not-found,unused-ignore]

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _huggingface(path: str) -> Any:
    from doctor.trials.probe.defaults import huggingface

    folder = os.path.dirname(path)
    task = os.environ.get("HF_TASK") or huggingface.task_of(folder)
    if task:
        return huggingface.pipeline(task, folder)
    from transformers import AutoModel  # type: ignore[import-not-found,unused-ignore]

    return AutoModel.from_pretrained(folder)


def _mlflow(path: str) -> Any:
    from doctor.trials.probe.defaults import mlflow

    return mlflow.of_folder(os.path.dirname(path), "")[0]


# By the words of ``doctor/formats/recognise.py``.
LOADERS = {
    "pickle": ("pickle.load", _pickle),
    "joblib": ("joblib.load", _joblib),
    "torchscript": ("torch.jit.load", _torchscript),
    "torch-zip": ("torch.load", _torch),
    "torch-legacy": ("torch.load", _torch),
    "torch-export": ("torch.export.load", _exported),
    "keras": ("keras.models.load_model", _keras),
    "hdf5": ("keras.models.load_model", _keras),
    "savedmodel": ("tf.saved_model.load", _savedmodel),
    "xgboost-json": ("Booster.load_model", _xgboost),
    "xgboost-ubj": ("Booster.load_model", _xgboost),
    "xgboost-binary": ("Booster.load_model", _xgboost),
    "lightgbm": ("lightgbm.Booster", _lightgbm),
    "catboost": ("CatBoost.load_model", _catboost),
    "onnx": ("onnxruntime.InferenceSession", _onnx),
    "huggingface": ("the pipeline", _huggingface),
    "mlmodel": ("mlflow.pyfunc.load_model", _mlflow),
}
