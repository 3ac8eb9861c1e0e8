"""Makes ``doctor/facts/cloudpickle_pickles.json`` and ``python_opcodes.json``: what pickled functions need."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measurements import table
from measurements.family import PROGRAMS
from measurements.spans import runs

_ABSENT = re.compile(r"^AttributeError: Can't get attribute '(\w+)' on <module '([\w.]+)'")


def derive(measured: Mapping[str, Any], envs: Path) -> dict[str, Any]:
    """Return both data files: names of pickles, and the instructions of the Pythons that were measured."""
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
        },
        "python_opcodes": {
            "source": f"the opcode module of each Python: {measured['source'].partition(': ')[2]}",
            "measured": measured["measured"],
            "versions": _instructions([envs / f"cloudpickle-{n}" for n in measured["environments"]]),
        },
    }


def _instructions(environments: list[Path]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for environment in environments:
        # Given on stdin: beside it lies a program called cloudpickle.
        done = subprocess.run(
            [str(environment / "bin" / "python"), "-"], input=(PROGRAMS / "opcodes.py").read_text(),
            check=True, capture_output=True, text=True, cwd="/",
        )  # fmt: skip
        found.update(json.loads(done.stdout))
    return found
