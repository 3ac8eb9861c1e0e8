"""What a layer takes, by its own attributes: works on torch modules without importing torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from doctor.trials.probe.inputs.values import Input

TIME = 16
SPATIAL = {1: (64,), 2: (224, 224), 3: (16, 32, 32)}
_SPACE = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class Need(NamedTuple):
    """
    What a layer takes.

    Args:
        kind: "tokens", "sequence", "vector" or "space".
        size: number of tokens, features or channels.
        space: dimensions after the channels, 0 where none.
        batch_first: of a sequence.
        layer: what it is, for people: "lstm (LSTM)".
        shape: of a normalised shape, for a vector.
    """

    kind: str
    size: int
    space: int = 0
    batch_first: bool = True
    layer: str = ""
    shape: tuple[int, ...] = ()


def need_of(module: Any, name: str = "") -> Need | None:
    """Return what one layer takes by its attributes; None where they don't tell."""
    label = "{} ({})".format(name, type(module).__name__) if name else type(module).__name__
    tokens = _whole(module, "num_embeddings")
    if tokens:
        return Need("tokens", tokens, layer=label)
    found = _sequence(module) or _space(module)
    if found is None and _whole(module, "in_features"):
        found = Need("vector", module.in_features)
    if found is None and _whole(module, "num_features"):
        wide = {"2": 2, "3": 3}.get(type(module).__name__.rstrip("d")[-1:], 0)
        found = Need("space", module.num_features, wide) if wide else Need("vector", module.num_features)
    if found is None and isinstance(getattr(module, "normalized_shape", None), tuple):
        shape = tuple(int(n) for n in module.normalized_shape)
        found = Need("vector", shape[-1], shape=shape)
    return found._replace(layer=label) if found else None


def _sequence(module: Any) -> Need | None:
    size = _whole(module, "input_size")
    if size and _whole(module, "hidden_size"):
        if type(module).__name__.endswith("Cell"):
            return Need("vector", size)
        return Need("sequence", size, batch_first=bool(getattr(module, "batch_first", False)))
    size = _whole(module, "embed_dim")
    if size and _whole(module, "num_heads"):
        return Need("sequence", size, batch_first=bool(getattr(module, "batch_first", False)))
    return None


def _space(module: Any) -> Need | None:
    channels = _whole(module, "in_channels")
    kernel = getattr(module, "kernel_size", None)
    if channels and isinstance(kernel, (tuple, list)) and 1 <= len(kernel) <= 3:
        return Need("space", channels, len(kernel))
    return None


def _whole(module: Any, name: str) -> int:
    value = getattr(module, name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def first_need(module: Any, name: str = "") -> Need | None:
    """Return what a module takes, its own need or that of the first layer inside it."""
    own = need_of(module, name)
    if own is not None or not hasattr(module, "named_modules"):
        return own
    for inner, child in module.named_modules():
        found = need_of(child, "{}.{}".format(name, inner) if name and inner else inner or name)
        if found is not None:
            return found
    return None


def inputs_for(need: Need, name: str) -> Iterator[Input]:
    """Yield the inputs that a layer's need may come from, the likeliest first."""
    for found in _likely(need, name):
        yield found


def _likely(need: Need, name: str) -> Iterator[Input]:
    n = need.size
    if need.kind == "tokens":
        yield made(name, ("batch", "time"), (1, TIME), "int64", "tokens", below=n)
        yield made(name, ("batch",), (1,), "int64", "tokens", below=n)
        yield made(name, ("time", "batch"), (TIME, 1), "int64", "tokens", below=n)
    elif need.kind == "sequence":
        order = ("batch", "time") if need.batch_first else ("time", "batch")
        sizes = (1, TIME) if need.batch_first else (TIME, 1)
        yield made(name, (*order, "features"), (*sizes, n))
        yield made(name, ("batch", "features"), (1, n))
        yield made(name, ("batch", "features", "time"), (1, n, TIME))
        if n == 1:
            yield made(name, ("batch", "time"), (1, TIME))
    elif need.kind == "space":
        yield from_space(need, name)
        if need.space == 1:
            yield made(name, ("batch", "time", "features"), (1, SPATIAL[1][0], n))
        if n == 1:
            yield made(name, ("batch", *_SPACE[need.space]), (1, *SPATIAL[need.space]))
        if need.space == 2:
            yield made(name, ("batch", "height", "width", "channels"), (1, *SPATIAL[2], n), kind="image")
    else:
        for found in _vectors(need, name):
            yield found


def _vectors(need: Need, name: str) -> Iterator[Input]:
    if len(need.shape) > 1:
        yield made(name, ("batch",) + ("",) * len(need.shape), (1, *need.shape))
        return
    yield made(name, ("batch", "features"), (1, need.size))
    yield made(name, ("batch", "time", "features"), (1, TIME, need.size))
    yield made(name, ("time", "batch", "features"), (TIME, 1, need.size))


def from_space(need: Need, name: str) -> Input:
    """Return the input of a convolution: (batch, channels, height, width) and the like."""
    kind = "image" if need.space == 2 and need.size in (1, 3, 4) else "tensor"
    return made(name, ("batch", "channels", *_SPACE[need.space]), (1, need.size, *SPATIAL[need.space]), "float32", kind)


def made(
    name: str,
    means: tuple[str, ...],
    sizes: tuple[int, ...],
    dtype: str = "float32",
    kind: str = "tensor",
    below: int = 0,
) -> Input:
    """Return an input whose batch, time and places are free and whose features and channels are not."""
    fixed = ("features", "channels", "")
    shape = tuple(s if m in fixed else None for s, m in zip(sizes, means))
    return Input(name, dtype, shape, kind, means, sizes, below)


def anything(name: str) -> Iterator[Input]:
    """Yield inputs to try where no layer tells what comes in: errors then say which sizes are wanted."""
    yield made(name, ("batch", "features"), (1, 8))
    yield made(name, ("batch", "time", "features"), (1, TIME, 8))
    yield made(name, ("batch", "channels", "height", "width"), (1, 3, 224, 224), kind="image")
    yield made(name, ("batch", "time"), (1, TIME), "int64", "tokens", below=8)
    yield made(name, ("batch",), (1,))


def by_name(name: str, annotation: str) -> Iterator[Input]:
    """Yield inputs that a parameter's name alone tells: masks, lengths, indices."""
    low = name.lower()
    if "mask" in low:
        yield made(name, ("batch", "time"), (1, TIME), "int64")
        yield made(name, ("batch", "time"), (1, TIME), "bool")
        yield made(name, ("batch", "time"), (1, TIME), "float32")
    elif "length" in low or low in ("lens", "seq_len", "seq_lens"):
        yield made(name, ("batch",), (1,), "int64")
    elif "token_type" in low or "segment" in low:
        yield made(name, ("batch", "time"), (1, TIME), "int64")
    elif "offset" in low:
        yield made(name, ("batch",), (1,), "int64")
