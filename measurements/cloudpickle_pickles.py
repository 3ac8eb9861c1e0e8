"""Makes ``doctor/facts/cloudpickle_pickles.json``: names that pickles of functions have, and which releases lack."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from measurements import table
from measurements.sklearn_pickles import runs

_ABSENT = re.compile(r"^AttributeError: Can't get attribute '(\w+)' on <module '([\w.]+)'")


def derive(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data file, by its name."""
    versions = sorted({n.partition("+")[2] for n in measured["environments"]}, key=lambda v: [*map(int, v.split("."))])
    lacking: dict[str, set[int]] = defaultdict(set)
    logs: dict[str, str] = {}
    for pair in table.pairs(measured):
        found = _ABSENT.match(pair.error)
        if found and found[2].startswith("cloudpickle."):
            name = f"{found[2]}.{found[1]}"
            lacking[name].add(versions.index(pair.reader.partition("+")[2]))
            logs[name] = found[0] + " from"
    return {
        "cloudpickle_pickles": {
            "source": measured["source"],
            "measured": measured["measured"],
            "versions": versions,
            "names": {n: {"readers": runs(at, versions), "log": logs[n]} for n, at in sorted(lacking.items())},
        }
    }
