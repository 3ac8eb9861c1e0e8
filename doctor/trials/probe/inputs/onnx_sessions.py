"""What an ONNX Runtime session takes and gives."""

from __future__ import annotations

from typing import Any

from doctor.trials.probe.inputs.layers import TIME
from doctor.trials.probe.inputs.values import Input, NotFound, Signature

_DTYPES = {"float": "float32", "double": "float64", "string": "str"}


def of_session(session: Any) -> Signature:
    """Return what get_inputs says."""
    found = tuple(_input(taken) for taken in session.get_inputs())
    outputs = tuple((o.name, _dtype(o.type) or o.type, _sizes(o.shape)) for o in session.get_outputs())
    return Signature(found, "get_inputs of the ONNX Runtime session", "onnxruntime", "mapping", outputs)


def _dtype(kind: str) -> str:
    if not kind.startswith("tensor("):
        return ""
    name = kind[len("tensor(") : -1]
    return _DTYPES.get(name, name)


def _sizes(shape: Any) -> tuple[int | None, ...]:
    return tuple(s if isinstance(s, int) and s > 0 else None for s in shape or ())


def _input(taken: Any) -> Input:
    dtype = _dtype(taken.type)
    if not dtype:
        raise NotFound("input {} is a {}, which only the handler can make".format(taken.name, taken.type))
    sizes = _sizes(taken.shape)
    means = _means(taken.shape or (), dtype, taken.name)
    kind = "image" if len(sizes) == 4 and sizes[1] in (1, 3, 4) else "tensor"
    kind = "tokens" if dtype.startswith("int") and len(sizes) == 2 else kind
    likely = {"batch": 1, "time": TIME, "height": 224, "width": 224, "features": 8, "channels": 3}
    used = tuple(likely.get(m, 8) if s is None else s for s, m in zip(sizes, means))
    return Input(taken.name, dtype, sizes, kind, means, used)


def _means(shape: Any, dtype: str, name: str) -> tuple[str, ...]:
    """Return what dimensions are by their own names, else by custom; the first is the batch."""
    rank = len(shape)
    custom = {3: ("time", "features"), 4: ("channels", "height", "width")}.get(rank, ("",) * (rank - 1))
    if rank == 2:
        custom = ("time",) if dtype.startswith("int") or "mask" in name else ("features",)
    words = ("seq", "time", "length", "step"), ("feature",), ("height",), ("width",), ("batch",)
    means = ["batch", *custom][:rank]
    for i, size in enumerate(shape):
        low = size.lower() if isinstance(size, str) else ""
        for family, meaning in zip(words, ("time", "features", "height", "width", "batch")):
            if any(w in low for w in family) and (meaning != "batch" or i == 0 or means[0] != "batch"):
                means[i] = meaning
    return tuple(means)
