"""
What a model takes: found in a sample, else in the model itself; and examples of it.

Every finder is asked only where objects of its framework are there, so none imports a framework that the model
didn't bring.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from doctor.trials.probe import calling
from doctor.trials.probe.inputs import samples
from doctor.trials.probe.inputs.making import example
from doctor.trials.probe.inputs.values import Example, Input, NotFound, Signature, plain

__all__ = ["Example", "Input", "NotFound", "Signature", "discover", "example", "of_model", "plain"]


def discover(model: Any, request: Any) -> Signature:
    """
    Return what a model takes: as the sample has it, where one is there and fits, else as the model itself says.

    Raises NotFound with the reason where neither tells.
    """
    found = samples.find(request)
    try:
        own = of_model(model, request.seconds * 0.2)
    except NotFound as reason:
        if found is None:
            raise
        return samples.alone(found, model, str(reason))
    return samples.fitted(found, own) if found is not None else own


def of_model(model: Any, seconds: float = 60.0) -> Signature:
    """Return what a model itself says that it takes; NotFound with the reason where it doesn't."""
    if model is None:
        raise NotFound("the loader returns nothing, so only the handler's functions know the model")
    if type(model) in _CONTAINERS:
        return _member(model, seconds)
    way = _way(model)
    if way is not None:
        return way(model, seconds)
    if callable(getattr(model, "predict", None)):
        return _wrapper(model, seconds)
    if not callable(model):
        return _member(model, seconds)
    raise NotFound("a {} is called by code of its own, which doesn't say what it takes".format(_name(model)))


def _member(model: Any, seconds: float) -> Signature:
    """Return what the one model in a mapping, list, tuple or plain object takes."""
    pairs = _parts(model)
    known = [(key, part) for key, part in pairs if type(part) not in _CONTAINERS and _way(part)]
    models = [pair for pair in known if not _prepares(pair[1])]
    inner = [key for key, part in pairs if type(part) in _CONTAINERS and _holds_models(part)]
    if len(models) != 1 or inner:
        names = ", ".join("{} ({})".format(k, _name(p)) for k, p in pairs[:8])
        raise NotFound("what is loaded is a {} of {}: {}; only the handler's functions say how it is used".format(
            _name(model), len(pairs), names))  # fmt: skip
    key, part = models[0]
    found = of_model(part, seconds)
    return found._replace(
        member=(key, *found.member), source="{} (of {!r} in what was loaded)".format(found.source, key)
    )


_CONTAINERS = (dict, list, tuple)


def _parts(model: Any) -> list[tuple[Any, Any]]:
    if type(model) is dict:
        return list(model.items())[:50]
    if isinstance(model, (list, tuple)):
        return list(enumerate(model))[:50]
    return [("." + str(name), part) for name, part in list(getattr(model, "__dict__", {}).items())[:50]]


def _prepares(part: Any) -> bool:
    """Say whether something only prepares the input of a model: a scaler, a vectorizer, a tokenizer."""
    return hasattr(part, "transform") and not hasattr(part, "predict")


def _holds_models(part: Any) -> bool:
    return any(_holds_models(p) if type(p) in _CONTAINERS else bool(_way(p)) for _, p in _parts(part))


def _wrapper(model: Any, seconds: float) -> Signature:
    """Return what the model inside an object with a predict of its own takes, where predict takes that."""
    for name, part in list(getattr(model, "__dict__", {}).items())[:20]:
        if type(part) in _CONTAINERS or not _way(part):
            continue
        try:
            inner = of_model(part, seconds / 2)
            found = inner._replace(way="sklearn", inputs=inner.inputs[:1], member=(), tried=True)
            calling.call(model, example(found, 2))
        except Exception:
            continue
        source = "{}, that of {} in the {}; its predict takes it (one call)".format(inner.source, name, _name(model))
        return found._replace(source=source)
    raise NotFound("nothing is known of what a {} takes".format(_name(model)))


def _name(model: Any) -> str:
    return "{}.{}".format(type(model).__module__, type(model).__qualname__)


def _way(model: Any) -> Callable[[Any, float], Signature] | None:
    """Return the finder for a model, by the modules that its class comes from."""
    origins = {cls.__module__.split(".")[0] for cls in type(model).__mro__} - {
        "builtins",
        "typing",
        "abc",
        "collections",
    }
    for test, finder in _FINDERS:
        if test(model, origins):
            return finder
    return None


def _torch(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import torch_models

    return torch_models.discover(model, calling.call, seconds)


def _transformer(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import transformers_models

    try:
        return transformers_models.of_model(model)
    except NotFound:
        return _torch(model, seconds)


def _pipeline(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import transformers_models

    return transformers_models.of_pipeline(model)


def _keras(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import keras_models

    return keras_models.of_keras(model)


def _savedmodel(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import keras_models

    return keras_models.of_savedmodel(model)


def _tflite(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import keras_models

    return keras_models.of_tflite(model)


def _onnx(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import onnx_sessions

    return onnx_sessions.of_session(model)


def _pyfunc(model: Any, seconds: float) -> Signature:
    from doctor.trials.probe.inputs import mlflow_models

    try:
        return mlflow_models.of_pyfunc(model)
    except NotFound:
        inner = getattr(getattr(model, "_model_impl", None), "sklearn_model", None)
        if inner is None:
            raise
        return of_model(inner, seconds)._replace(way="pyfunc")


def _tables(name: str) -> Callable[[Any, float], Signature]:
    def found(model: Any, seconds: float) -> Signature:
        from doctor.trials.probe.inputs import tables

        signature: Signature = getattr(tables, name)(model)
        return signature

    return found


def _is_torch(model: Any, origins: set[str]) -> bool:
    return "torch" in origins and (hasattr(model, "forward") or hasattr(model, "graph_signature"))


def _is_keras(model: Any, origins: set[str]) -> bool:
    return bool(origins & {"keras", "tf_keras", "tensorflow"}) and hasattr(model, "layers")


def _is_estimator(model: Any, origins: set[str]) -> bool:
    return bool(origins & {"sklearn", "lightgbm", "xgboost"}) or hasattr(model, "n_features_in_")


_FINDERS: tuple[tuple[Callable[[Any, set[str]], bool], Callable[[Any, float], Signature]], ...] = (
    (lambda m, o: "transformers" in o and hasattr(m, "task") and hasattr(m, "tokenizer"), _pipeline),
    (lambda m, o: "mlflow" in o and hasattr(m, "metadata") and hasattr(m, "predict"), _pyfunc),
    (lambda m, o: "onnxruntime" in o and hasattr(m, "get_inputs"), _onnx),
    (_is_keras, _keras),
    (lambda m, o: "tensorflow" in o and hasattr(m, "signatures"), _savedmodel),
    (lambda m, o: {"transformers", "torch"} <= o and hasattr(m, "config"), _transformer),
    (_is_torch, _torch),
    (lambda m, o: "xgboost" in o and type(m).__name__ == "Booster", _tables("of_xgboost")),
    (lambda m, o: "lightgbm" in o and type(m).__name__ == "Booster", _tables("of_lightgbm")),
    (lambda _, o: "catboost" in o, _tables("of_catboost")),
    (lambda m, o: "statsmodels" in o and hasattr(m, "predict"), _tables("of_statsmodels")),
    (lambda m, o: "tensorflow" in o and hasattr(m, "get_input_details"), _tflite),
    (_is_estimator, _tables("of_estimator")),
)
