"""Examples of what a model takes: the same for the same signature, and row i is the same in every batch."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from doctor.trials.probe.arrays import Array
from doctor.trials.probe.inputs.values import Column, Example, Input, Signature, Table

_PERIOD = 4093  # a prime, so that rows of any size differ
_DRAWN = random.Random(7)  # noqa: S311
_PATTERN = [round(_DRAWN.random(), 6) for _ in range(_PERIOD)]
_WORDS = ("the delivery came late", "a very good answer", "it does what it says", "never again", "works as before")


class Variation:
    """
    How an example differs from the plain one.

    Args:
        rows: of the batch.
        first: number of the batch's first row.
        sizes: (input's number, dimension) to another size.
        dtypes: input's number to another dtype.
        nan: numbers of inputs that get a NaN.
        without: names of inputs or columns left out.
        extra: names of inputs or columns added.
        unseen: whether texts of tables are ones never seen.
        text: in place of every text.
    """

    def __init__(
        self,
        rows: int = 1,
        first: int = 0,
        sizes: Mapping[tuple[int, int], int] | None = None,
        dtypes: Mapping[int, str] | None = None,
        nan: tuple[int, ...] = (),
        without: tuple[str, ...] = (),
        extra: tuple[str, ...] = (),
        unseen: bool = False,  # noqa: FBT001, FBT002
        text: str | None = None,
    ) -> None:
        self.rows = rows
        self.first = first
        self.sizes = dict(sizes or {})
        self.dtypes = dict(dtypes or {})
        self.nan = nan
        self.without = without
        self.extra = extra
        self.unseen = unseen
        self.text = text


def example(signature: Signature, rows: int = 1, **variation: Any) -> Example:
    """Return values for one call; variations as `Variation` has them."""
    asked = Variation(rows=rows, **variation)
    names, values = [], []
    for number, taken in enumerate(signature.inputs):
        if taken.name in asked.without:
            continue
        names.append(taken.name)
        values.append(_value(number, taken, signature, asked))
    for name in () if signature.inputs and signature.inputs[0].kind == "table" else asked.extra:
        names.append(name)
        values.append(values[0])
    return Example(signature, tuple(names), tuple(values))


def _value(number: int, taken: Input, signature: Signature, asked: Variation) -> Any:
    if taken.kind == "table":
        return _table(taken, asked)
    if taken.kind == "text":
        return [_text(taken, asked.first + i) if asked.text is None else asked.text for i in range(asked.rows)]
    return _array(number, taken, signature, asked)


def _text(taken: Input, row: int) -> Any:
    if taken.given:
        return taken.given[row % len(taken.given)]
    return _WORDS[row % len(_WORDS)]


def _table(taken: Input, asked: Variation) -> Table:
    columns = tuple(c for c in taken.columns if str(c.name) not in asked.without)
    columns += tuple(Column(name) for name in asked.extra)
    rows = [_cells(taken, columns, asked, asked.first + i) for i in range(asked.rows)]
    if asked.nan and rows:
        at = next((i for i, c in enumerate(columns) if c.dtype.startswith(("float", "int"))), 0)
        rows[0][at] = float("nan")
    return Table(columns, rows)


def _cells(taken: Input, columns: tuple[Column, ...], asked: Variation, row: int) -> list[Any]:
    given = taken.given[row % len(taken.given)] if taken.given else None
    by_name = {str(c.name): i for i, c in enumerate(taken.columns)}
    out = []
    for number, column in enumerate(columns):
        at = by_name.get(str(column.name))
        if given is not None and at is not None and at < len(given):
            out.append(given[at])
        else:
            out.append(_cell(column, number, row, asked))
    return out


def _cell(column: Column, number: int, row: int, asked: Variation) -> Any:
    drawn = _PATTERN[(row * 7919 + number * 31) % _PERIOD]
    if column.dtype == "str" and asked.unseen:
        return "never-seen-{}".format(row)
    if column.values:
        return column.values[int(drawn * len(column.values))]
    if column.dtype == "bool":
        return drawn > 0.5
    if column.dtype.startswith("datetime"):
        return "2024-01-{:02d}".format(1 + row % 28)
    if column.dtype.startswith(("int", "uint")):
        return int(drawn * 10)
    return "a" if column.dtype == "str" else drawn


def _array(number: int, taken: Input, signature: Signature, asked: Variation) -> Array:
    sizes = list(taken.sizes)
    for (which, dimension), size in asked.sizes.items():
        if which == number:
            sizes[dimension] = size
    batch = taken.batch
    rows = asked.rows if batch >= 0 and (number, batch) not in asked.sizes else 1
    if batch >= 0 and (number, batch) in asked.sizes:
        rows = sizes[batch]
    dtype = asked.dtypes.get(number, taken.dtype)
    count = _product(d for i, d in enumerate(sizes) if i != batch)
    parts = [_row(number, taken, signature, asked.first + i, count, sizes) for i in range(rows)]
    if batch >= 0:
        sizes[batch] = rows
    flat = _joined(parts, sizes, batch)
    if number in asked.nan and flat and dtype.startswith(("float", "bfloat")):
        flat = [float("nan")] + flat[1:]
    return Array(dtype, tuple(sizes), _as(flat, dtype))


def _as(flat: list[Any], dtype: str) -> list[Any]:
    if dtype.startswith(("int", "uint")):
        return [int(x) if isinstance(x, (int, float)) and x == x else x for x in flat]
    if dtype == "bool":
        return [bool(x) for x in flat]
    return [str(x) for x in flat] if dtype == "str" else flat


def _joined(parts: list[list[Any]], sizes: list[int], batch: int) -> list[Any]:
    """Return rows joined along the batch dimension, in C order."""
    if batch <= 0:
        return [x for part in parts for x in part]
    inner = _product(sizes[batch + 1 :])
    outer = _product(sizes[:batch])
    return [x for o in range(outer) for part in parts for x in part[o * inner : (o + 1) * inner]]


def _row(number: int, taken: Input, signature: Signature, row: int, count: int, sizes: list[int]) -> list[Any]:
    if taken.given is not None:
        return _given(taken.given, taken.batch, row, count)
    begin = (row * 1009 + number * 211) % _PERIOD
    fixed = _constant(taken, signature, sizes)
    if fixed is not None:
        return [fixed] * count
    times = (begin + count) // _PERIOD + 1
    drawn = (_PATTERN * times)[begin : begin + count]
    if taken.dtype == "str":
        return [_WORDS[int(x * len(_WORDS))] for x in drawn]
    if taken.kind == "tokens" or taken.dtype.startswith(("int", "uint")):
        below = taken.below or 2
        low = 1 if below > 2 else 0
        return [low + int(x * (below - low)) for x in drawn]
    if taken.dtype == "bool":
        return [x > 0.5 for x in drawn]
    return drawn


def _constant(taken: Input, signature: Signature, sizes: list[int]) -> int | None:
    """Return the value of inputs that say how to read others: masks, segment ids, lengths."""
    name = taken.name.lower()
    if taken.kind == "image" or taken.below:
        return None
    if "mask" in name:
        return 0 if name.endswith("padding_mask") else 1
    if "token_type" in name or "segment" in name:
        return 0
    if "length" in name or name in ("lens", "seq_len", "seq_lens"):
        times = [s for other in signature.inputs for s, m in zip(other.sizes, other.means) if m == "time"]
        return min(times) if times else 1
    return None


def _given(given: Array, batch: int, row: int, count: int) -> list[Any]:
    """Return a row of the sample; rows beyond it are its own again, a little larger."""
    rows = given.shape[batch] if batch >= 0 else 1
    if not rows or not given.flat:
        return [0] * count
    index, again = row % rows, row // rows
    inner = _product(given.shape[batch + 1 :]) if batch >= 0 else len(given.flat)
    outer = len(given.flat) // (inner * rows) if inner * rows else 0
    flat: list[Any] = []
    for o in range(outer):
        at = (o * rows + index) * inner
        flat += given.flat[at : at + inner]
    if again and given.dtype.startswith("float"):
        flat = [x * (1 + again / 16.0) for x in flat]
    times = count // len(flat) + 1 if flat else 0
    return (flat * times)[:count]


def _product(sizes: Any) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total
