"""What a Keras model, or a loaded SavedModel, takes and gives."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.inputs.layers import TIME
from doctor.trials.probe.inputs.values import Input, NotFound, Signature


def of_keras(model: Any) -> Signature:
    """Return what a Keras model takes, by its input layers, else by the shapes that it was built with."""
    tensors = _tensors(model)
    if tensors:
        names = _names(model, tensors)
        found = [_input(n, t.shape, _dtype(t.dtype), _vocabulary(model, t)) for n, t in zip(names, tensors)]
        struct = getattr(model, "_inputs_struct", None) or getattr(model, "_nested_inputs", None)
        envelope = "mapping" if isinstance(struct, dict) else "list"
        if isinstance(struct, dict):
            found = [f._replace(name=str(n)) for f, n in zip(found, struct)]
        return Signature(tuple(found), "Keras input layers", "keras", envelope, _outputs(model))
    shapes = _built(model)
    if not shapes:
        raise NotFound("the Keras model has no input layers, and wasn't built with a shape")
    first = _first_vocabulary(model)
    found = [_input(n, s, "float32", first if len(shapes) == 1 else 0) for n, s in shapes]
    return Signature(tuple(found), "the shapes that the Keras model was built with", "keras", "list")


def _tensors(model: Any) -> list[Any]:
    try:
        return list(model.inputs or [])
    except Exception:
        return []


def _names(model: Any, tensors: list[Any]) -> list[str]:
    names = getattr(model, "input_names", None)
    if not names or len(names) != len(tensors):
        names = [getattr(t, "name", "input_{}".format(i)) for i, t in enumerate(tensors)]
    return [str(n).split(":")[0] for n in names]


def _outputs(model: Any) -> tuple[tuple[str, str, tuple[int | None, ...]], ...]:
    try:
        names = list(getattr(model, "output_names", None) or [t.name for t in model.outputs])
        return tuple((str(n), _dtype(t.dtype), _sizes(t.shape)) for n, t in zip(names, model.outputs))
    except Exception:
        return ()


def _sizes(shape: Any) -> tuple[int | None, ...]:
    plain = shape.as_list() if hasattr(shape, "as_list") else shape
    return tuple(None if s is None else int(s) for s in plain)


def _dtype(dtype: Any) -> str:
    name = str(getattr(dtype, "name", dtype))
    return "str" if name == "string" else name


def _vocabulary(model: Any, tensor: Any) -> int:
    """Return how many tokens the embedding that takes an input layer's tensor knows; 0 where none takes it."""
    for layer in getattr(model, "layers", []):
        if type(layer).__name__ != "Embedding":
            continue
        try:
            taken = layer.input
        except Exception:
            taken = None
        if taken is tensor or getattr(taken, "name", 0) == getattr(tensor, "name", 1):
            return int(layer.input_dim)
    return _first_vocabulary(model) if len(_tensors(model)) == 1 else 0


def _first_vocabulary(model: Any) -> int:
    layers = [la for la in getattr(model, "layers", []) if type(la).__name__ != "InputLayer"]
    return int(layers[0].input_dim) if layers and type(layers[0]).__name__ == "Embedding" else 0


def _built(model: Any) -> list[tuple[str, Any]]:
    try:
        shape = (model.get_build_config() or {}).get("input_shape")
    except Exception:
        shape = getattr(model, "_build_input_shape", None)
    if isinstance(shape, dict):
        return [(str(k), v) for k, v in shape.items()]
    if isinstance(shape, (list, tuple)) and shape and isinstance(shape[0], (list, tuple)):
        return [("input_{}".format(i), s) for i, s in enumerate(shape)]
    return [("input", shape)] if shape else []


def _input(name: str, shape: Any, dtype: str, vocabulary: int) -> Input:
    sizes = _sizes(shape)
    if dtype == "str" and len(sizes) <= 1:
        return Input(name, "str", (None,), "text", ("batch",), (1,))
    means = _means(len(sizes), vocabulary, dtype)
    kind = "tokens" if vocabulary else ("image" if len(sizes) == 4 and sizes[-1] in (1, 3, 4) else "tensor")
    taken = {"batch": 1, "time": TIME, "height": 224, "width": 224}
    used = tuple(taken.get(m, 8) if s is None else s for s, m in zip(sizes, means))
    return Input(name, dtype, (None,) + sizes[1:], kind, means, (1,) + used[1:], vocabulary)


def _means(rank: int, vocabulary: int, dtype: str) -> tuple[str, ...]:
    if rank == 2:
        return ("batch", "time") if vocabulary or dtype.startswith("int") else ("batch", "features")
    known = {1: ("batch",), 3: ("batch", "time", "features"), 4: ("batch", "height", "width", "channels")}
    return known.get(rank, ("batch",) + ("",) * (rank - 1))


def of_tflite(runner: Any) -> Signature:
    """Return what a signature of a TensorFlow Lite interpreter takes."""
    details = runner.get_input_details()
    shapes = {n: d.get("shape_signature", d["shape"]) for n, d in details.items()}
    found = tuple(
        _input(n, [None if int(s) < 0 else int(s) for s in shape], details[n]["dtype"].__name__, 0)
        for n, shape in shapes.items()
    )
    return Signature(found, "the signature of the TensorFlow Lite interpreter", "callable", "keywords")


def of_savedmodel(model: Any) -> Signature:
    """Return what a loaded SavedModel's serving signature takes."""
    names = list(model.signatures)
    if not names:
        raise NotFound("the SavedModel has no signature")
    name = "serving_default" if "serving_default" in names else names[0]
    function = model.signatures[name]
    specs = function.structured_input_signature[1]
    if not specs:
        raise NotFound("the SavedModel's signature {} takes nothing".format(name))
    if any(spec.shape.rank is None for spec in specs.values()):
        raise NotFound("the SavedModel's signature {} doesn't say how many dimensions it takes".format(name))
    found = tuple(_input(n, spec.shape, _dtype(spec.dtype), 0) for n, spec in sorted(specs.items()))
    outputs = tuple(
        (n, _dtype(spec.dtype), _sizes(spec.shape) if spec.shape.rank is not None else ())
        for n, spec in function.structured_outputs.items()
    )
    return Signature(found, "the SavedModel's signature " + name, "savedmodel", "keywords", outputs, (), name)
