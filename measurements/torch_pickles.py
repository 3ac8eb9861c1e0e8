"""Makes ``doctor/facts/torch_pickles.json``: which of PyTorch's pickled objects each version can't load or use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from doctor import torchskew
from doctor.formats.kinds.torch import TorchSave
from doctor.formats.stream import stream_of
from doctor.formats.torchlegacy import read as read_legacy
from doctor.formats.torchzip import read as read_zip
from doctor.skew import Shown
from measurements import table
from measurements.rules import Cell, learned
from measurements.stored import objects

_STEPS = frozenset({"load", "predict"})
_WAYS = ("load-", "old-", "full-")
# What other checks tell: what is loaded as weights only, and what NumPy's version refuses.
_OTHERS = re.compile(r"Weights only load failed|weights_only|'numpy\._core")


def derive(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data file, by its name."""
    releases = list(measured["environments"])
    kept = objects("torch")
    pairs = [p for p in table.pairs(measured) if p.object.startswith(_WAYS) and not _OTHERS.search(p.error)]
    shown: dict[tuple[str, str], Shown] = {}
    cells = []
    for pair in pairs:
        name = f"{pair.writer}/{pair.object}"
        if (name, "") not in shown:
            shown[name, ""] = _shown(pair.object, kept[name])
        failed = frozenset({pair.at} if pair.error else ())
        cells.append(Cell(name, "", pair.reader, _STEPS, failed, re.sub(r" from '.*", " from", pair.error)))
    return {
        "torch_pickles": {
            "source": f"{measured['source']}: what torch.save wrote, loaded by each",
            "measured": measured["measured"],
            "versions": releases,
            "rules": learned(cells, shown, releases),
        }
    }


def _shown(name: str, data: bytes) -> Shown:
    read = read_legacy if name.startswith("old-") else read_zip
    found = read(stream_of(data), name, len(data))
    assert isinstance(found.facts, TorchSave)
    return torchskew.shown(found.facts, found.symbols)
