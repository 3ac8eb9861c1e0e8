"""Makes ``doctor/facts/pandas_pickles.json`` of pandas' measured table: which names and calls each version refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from doctor import skew
from doctor.formats.pickled import read
from doctor.formats.stream import stream_of
from measurements import table
from measurements.rules import Cell, learned
from measurements.stored import objects

_STEPS = frozenset({"load", "predict"})
_OTHERS = re.compile(r"'numpy|'pytz'|unsupported pickle protocol")


def derive(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data file, by its name."""
    releases = list(measured["environments"])
    shown = {}
    for name, data in objects("pandas").items():
        writer, _, item = name.partition("/")
        file = read(stream_of(data), item, len(data))
        shown[f"{writer}/{item}", ""] = skew.named(file.symbols, file.facts.called, "pandas")
    cells = []
    for pair in table.pairs(measured):
        if not _OTHERS.search(pair.error):  # what NumPy or Python refuses is told by other checks
            failed = frozenset({pair.at} if pair.error else ())
            cells.append(Cell(f"{pair.writer}/{pair.object}", "", pair.reader, _STEPS, failed, _line(pair.error)))
    return {
        "pandas_pickles": {
            "source": f"{measured['source']}: {len(measured['objects'])} kinds of objects, pickled and loaded by each",
            "measured": measured["measured"],
            "versions": releases,
            "rules": learned(cells, shown, releases, together=(100, 14)),
        }
    }


def _line(error: str) -> str:
    """Return the part of a message that doesn't depend on the object."""
    return re.sub(r"^(NotImplementedError:) .*", r"\1", re.sub(r" from '.*", " from", error))
