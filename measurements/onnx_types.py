"""Which types the kernels of each onnxruntime lack: models of one node each, run, and its own lists of kernels."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from measurements.family import PROGRAMS
from measurements.spans import spans

# Optimized away before a kernel is looked for, or moved over another node.
REMOVED = (
    "CastLike", "Concat", "Constant", "Dropout", "Expand", "Flatten", "Identity", "Pad", "Reshape", "Shape", "Size",
    "Slice", "Squeeze", "Tile", "Transpose", "Unsqueeze",
)  # fmt: skip
# An operator that is made of others is told where nothing that a node says changes what they are.
_UNCHANGING = {"axis", "axes", "alpha", "beta", "gamma"}
_MISMATCH = re.compile(r"Type parameter \(\w+\) of Optype \(\w+\) bound to different types")
# As a file's reader names them.
NAMES = {
    "float": "float32", "double": "float64", "float8e4m3fn": "float8_e4m3fn", "float8e5m2": "float8_e5m2",
    "float4e2m1": "float4_e2m1fn",
}  # fmt: skip

Row = dict[str, Any]


class Probed(NamedTuple):
    """What was asked of every runtime, the oldest first, and what each said of each model."""

    order: list[str]
    rows: list[Row]
    told: dict[str, list[str]]

    def absent(self, name: str) -> set[str]:
        """Return the operators' versions that a runtime has for no type at all."""
        there: dict[str, bool] = {}
        for row, told in zip(self.rows, self.told[name], strict=True):
            key = row["key"]
            if row["type"] != "float16":  # which is cast to float where there is no kernel
                there[key] = there.get(key, False) or row["function"] or told != own(key)
        return {key for key, found in there.items() if not found}


def own(key: str) -> str:
    """Return an operator's version as a log names it: ``Erf(13)`` of ``ai.onnx Erf 13``."""
    return "{1}({2})".format(*key.split())


def probed(envs: Path, limits: dict[str, dict[str, int]]) -> Probed:
    """Run a model of each operator, version and type; "" stands for those whose operator set is refused."""
    order = list(limits)
    folder = envs.parent / "onnx" / "types"
    rows = _written(folder, envs / f"onnx-{order[-1]}" / "bin" / "python")
    told = {}
    for name in order:
        found = _read(folder, name, envs / f"onnx-{name}" / "bin" / "python")
        told[name] = [found[n] if _accepted(row, limits[name]) else "" for n, row in enumerate(rows)]
    return Probed(order, rows, told)


def _accepted(row: Row, limits: dict[str, int]) -> bool:
    domain, _, version = row["key"].split()
    return bool(row["set"] <= limits["ai.onnx"] and (domain == "ai.onnx" or int(version) <= limits[domain]))


def lacking(probed: Probed, said: dict[str, dict[str, Any]]) -> dict[str, list[list[str]]]:
    """
    Return rows by operator and version.

    A row is: inputs, the types lacking there, the first and the last runtime, what a log names where it is another
    operator, and the operator sets (the first and the last) where it is so in some alone.

    Args:
        probed: what was run.
        said: what each runtime says of its own kernels; {} for those that can't be asked.
    """
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sets: dict[str, set[int]] = defaultdict(set)
    of_runtimes = [_of_runtime(probed, said, name) for name in probed.order]
    for row, lacks in zip(probed.rows, zip(*of_runtimes, strict=True), strict=True):
        key = row["key"]
        if any(lack is not None for lack in lacks):
            sets[key].add(row["set"])
        for first, last, named in _spans(_filled(lacks), probed.order):
            found[key, _places(row), row["type"], first, last, "" if named == own(key) else named].append(row["set"])
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (key, places, kind, *rest), numbers in found.items():
        for first_set, last_set in spans(numbers):
            everywhere = last_set - first_set + 1 == len(sets[key])
            within = "" if everywhere else f"{first_set} {last_set}"
            group = (key, places, *rest, within)
            groups[group].append(NAMES.get(kind, kind))
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for (key, places, *rest), types in sorted(groups.items()):
        row_of = [places, " ".join(types), *rest]
        rows[key].append(row_of[:4] if not any(rest[2:]) else row_of[:5] if not rest[3] else row_of)
    return dict(rows)


def _of_runtime(probed: Probed, said: dict[str, dict[str, Any]], name: str) -> list[str | None]:
    """Return what a runtime lacks for each row, None where it refuses the row's operator set."""
    absent = probed.absent(name)
    told = list(zip(probed.rows, probed.told[name], strict=True))
    works = {(row["key"], row["param"], row["set"]) for row, text in told if text == "+"}
    asked = next(said[n] for n in probed.order[probed.order.index(name) :] if said[n])
    found: list[str | None] = []
    for row, text in told:
        fine = (row["key"], row["param"], row["set"]) in works
        found.append(None if not text else "" if row["key"] in absent else _lacks(row, text, asked, works=fine))
    return found


def _filled(lacks: tuple[str | None, ...]) -> list[str]:
    """Return what runtimes lack; of those that refuse the operator set nobody asks: as the first that doesn't."""
    first = next((lack for lack in lacks if lack is not None), "")
    return [first if lack is None else lack for lack in lacks]


def _lacks(row: Row, told: str, asked: dict[str, Any], *, works: bool) -> str:
    """Return what the log of a runtime says where it surely lacks the type, "" elsewhere."""
    if row["key"].split()[1] in REMOVED:
        return ""
    if row["function"]:
        steady = row["alone"] and not row["optional"] and set(row["says"]) <= _UNCHANGING
        return _of_function(told, works=works) if steady else ""
    return told if told == own(row["key"]) and (row["alone"] or _unlisted(row, asked)) else ""


def _of_function(told: str, *, works: bool) -> str:
    """Return what is said of an operator made of others, which may go wrong before a kernel is looked for."""
    mismatch = _MISMATCH.search(told)
    if mismatch or told == "crash":
        return (mismatch[0] if mismatch else told) if works else ""
    return told if told.endswith(")") and not told.startswith("?") else ""


def _unlisted(row: Row, asked: dict[str, Any]) -> bool:
    """Say whether no kernel lists the type, whatever the types of the other inputs."""
    listed = asked["types"].get(row["key"], {}).get(row["param"])
    return listed is not None and row["type"] not in listed


def _spans(told: list[str], order: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the first and last of runtimes that follow one another and name the same."""
    start = 0
    for n in range(1, len(told) + 1):
        if n == len(told) or told[n] != told[start]:
            if told[start]:
                yield order[start], order[n - 1], told[start]
            start = n


def _places(row: Row) -> str:
    """Return the inputs that are of the type: "0 1", "0+" for all from there on, "to" for what Cast makes."""
    return " ".join(map(str, row["at"])) + ("+" if row["spread"] else "") if row["at"] else "to"


def _written(folder: Path, python: Path) -> list[Row]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("each.py", "each.py"), ("program.py", "onnx_types.py")):  # beside it lies one called onnx
        (folder / name).write_bytes((PROGRAMS / source).read_bytes())
    subprocess.run([str(python), "program.py", "write", "models.jsonl"], check=True, cwd=folder)
    return [json.loads(line) for line in (folder / "models.jsonl").read_text().splitlines()]


def _read(folder: Path, name: str, python: Path) -> dict[int, str]:
    """Return what a runtime said of each model, run again only where the models or the program are others."""
    text = (folder / "program.py").read_bytes() + (folder / "models.jsonl").read_bytes()
    into = folder / f"{name}-{hashlib.sha256(text).hexdigest()[:16]}.json"
    if not into.exists():
        done = subprocess.run(
            [str(python), "program.py", "read", "models.jsonl"], check=True, capture_output=True, text=True, cwd=folder
        )
        into.write_text(done.stdout.splitlines()[-1])
    return {int(n): str(said) for n, said in json.loads(into.read_text())}
