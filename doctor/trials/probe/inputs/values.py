"""What a model takes, as values: inputs, tables' columns, the whole signature, one example of it."""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.trials.probe.arrays import Array, nested


class NotFound(Exception):
    """What a model takes can't be told; the text is the reason."""


class Column(NamedTuple):
    """A column: its name or number, dtype ("float64", "int64", "str", "bool", "datetime64[ns]"), values seen."""

    name: Any
    dtype: str = "float64"
    values: tuple[Any, ...] = ()


class Input(NamedTuple):
    """
    One input.

    Args:
        name: as the model calls it.
        dtype: "float32", "int64", "str" ...
        shape: sizes; None where the model says that it is free.
        kind: "tensor", "image", "tokens", "table" or "text".
        means: what each dimension is: "batch", "time", "features", "channels", "height", "width", "columns", "".
        sizes: that examples have, one for each dimension.
        below: whole numbers stay below it; 0 where nothing says.
        columns: of a table.
        given: rows of the sample (an Array, or a list of texts or rows), None without one.
        stated: whether a layer that takes this input itself states the sizes that aren't free.
        shared: the width of the layer that this and other inputs reach joined along their features; 0 without one.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    kind: str = "tensor"
    means: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()
    below: int = 0
    columns: tuple[Column, ...] = ()
    given: Any = None
    stated: bool = False
    shared: int = 0

    @property
    def batch(self) -> int:
        """Which dimension is the batch; -1 where none is."""
        return self.means.index("batch") if "batch" in self.means else -1


class Signature(NamedTuple):
    """
    What a model takes.

    Args:
        inputs: in the order of the call.
        source: who said so, for people: "get_inputs of the ONNX Runtime session".
        way: how `calling.call` hands them over: "torch", "sklearn" ...
        envelope: how several go in: "positional", "keywords", "list" or "mapping".
        outputs: (name, dtype, shape) where the model says so.
        member: keys that lead to the model in what the loader returned: ("model",) of {"model": …, "scaler": …},
            (".net",) of an object with that attribute.
        detail: what the way needs to know: a SavedModel signature's name, a pipeline's task.
        tried: whether a call with such inputs was seen to work.
    """

    inputs: tuple[Input, ...]
    source: str
    way: str
    envelope: str = "positional"
    outputs: tuple[tuple[str, str, tuple[int | None, ...]], ...] = ()
    member: tuple[Any, ...] = ()
    detail: str = ""
    tried: bool = False


class Table(NamedTuple):
    """Rows of a table with its columns."""

    columns: tuple[Column, ...]
    rows: list[list[Any]]


class Example(NamedTuple):
    """
    Values for one call.

    Args:
        signature: what they are for.
        names: of the inputs, in order; one may be missing or added.
        values: an Array, a Table, or a list of texts for each.
    """

    signature: Signature
    names: tuple[str, ...]
    values: tuple[Any, ...]


def plain(example: Example) -> Any:
    """Return an example as JSON can hold it: one input's lists, several inputs by name."""
    found = [_plain(value) for value in example.values]
    return found[0] if len(found) == 1 else dict(zip(example.names, found))


def _plain(value: Any) -> Any:
    if isinstance(value, Array):
        return nested(value.flat, value.shape)
    if isinstance(value, Table):
        return value.rows
    return value
