"""What each onnxruntime accepts and runs: ``doctor/facts/onnxruntime.json`` and ``onnx_kernels.json``."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from doctor import facts
from measurements import table
from measurements.family import PROGRAMS
from measurements.table import Pair

_NUMBERED = {"ir": "ir", "opset": "ai.onnx", "ml": "ai.onnx.ml"}
_REFUSED = re.compile(r"IR version|model file format version|only \*guarantees\*")
_ABSENT = re.compile(r"Could not find an implementation for (?:the node )?(\w+)\((\d+)\)")
_UNKNOWN = re.compile(r"(\w+)(?:\(-1\))? is not a registered function/op")
_TYPE = re.compile(r"MLDataType for: tensor\((\w+)\) is not currently")
_DOMAINS = ("ai.onnx", "ai.onnx.ml", "com.microsoft")
_FOLDED = ("Constant", "Identity", "Dropout")  # gone before a kernel is looked for
# One node each, on the types that an operator's first kernels are for: where they fail, the operator is absent.
_PLAIN = re.compile(r"op-(?!Cast|Add-|MatMul-|Softmax-|Erf-|Equal19|Quantize)|opset-")


def derive(measured: dict[str, Any], envs: Path) -> Mapping[str, Any]:
    """Return both data files; what no measurement says of them stays as it is committed."""
    pairs = list(table.pairs(measured))
    order = list(measured["environments"])
    before = facts.load("onnxruntime")
    limits = {**before, "measured": measured["measured"], "versions": _limits(pairs, order)}
    said = {name: _said(envs / f"onnx-{name}" / "bin" / "python") for name in order}
    return {"onnxruntime": limits, "onnx_kernels": _kernels(pairs, order, said, measured["measured"])}


def _said(python: Path) -> dict[str, Any]:
    """Return what a runtime says of its own operators; {} for those before 1.16, which don't."""
    program = (PROGRAMS / "onnx_kernels.py").read_text()
    # Given on stdin: beside it lies a program called onnx.
    done = subprocess.run([str(python), "-"], input=program, check=True, capture_output=True, text=True, cwd="/")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _limits(pairs: list[Pair], order: list[str]) -> dict[str, dict[str, int]]:
    newest: dict[str, dict[str, int]] = {name: {} for name in order}
    for pair in pairs:
        kind, _, number = pair.object.partition(".")[0].partition("-")
        if kind in _NUMBERED and not _REFUSED.search(pair.error):
            row = newest[pair.reader]
            row[_NUMBERED[kind]] = max(row.get(_NUMBERED[kind], 0), int(number))
    return newest


def _kernels(pairs: list[Pair], order: list[str], said: dict[str, dict[str, Any]], date: str) -> dict[str, Any]:
    asked = [name for name in order if said[name]]
    functions = {tuple(f) for name in asked for f in said[name]["functions"]}
    without: dict[str, set[str]] = defaultdict(set)
    for name in asked:
        for domain, operators in said[name]["known"].items():
            for operator, found in operators.items():
                for version in found["without"] if domain in _DOMAINS[:2] and operator not in _FOLDED else ():
                    # Nobody ships operator sets before 7, and onnxruntime promises nothing of them.
                    if version >= 7 and (domain, operator, version) not in functions:
                        without[f"{domain} {operator} {version}"].add(name)
    types: dict[str, set[str]] = defaultdict(set)
    contrib: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for key, into in _absent(pair):
            (types if into == "types" else contrib if into == "contrib" else without)[key].add(pair.reader)
    newest = said[asked[-1]]["known"]
    return {
        "source": "onnxruntime's CPU wheels: their own lists of operators and kernels (from 1.16 on), and models of "
        "one node each, run: make facts FAMILY=onnx",
        "measured": date,
        "about": "since: the operator sets in which an operator changed. without: for an operator's version, the first "
        "and the last measured runtime that accepts it and has no kernel on a CPU. types: the last runtime that has "
        "no such type. contrib: the first measured runtime that has an operator of com.microsoft, as far as known",
        "runtimes": order,
        "since": {d: _since(newest[d], {key.split()[1] for key in without}) for d in _DOMAINS},
        "without": {key: _ends(found, order) for key, found in sorted(without.items())},
        "types": {key: _ends(found, order)[1] for key, found in sorted(types.items())},
        "contrib": _contrib(said, asked, contrib, order),
    }


def _since(known: dict[str, Any], wanted: set[str]) -> dict[str, str]:
    return {o: " ".join(map(str, found["since"])) for o, found in sorted(known.items()) if o in wanted}


def _absent(pair: Pair) -> Iterator[tuple[str, str]]:
    """Yield what a failure says is absent, and in which part of the data it goes."""
    if found := _TYPE.search(pair.error):
        yield found[1], "types"
    if (found := _UNKNOWN.search(pair.error)) and pair.object.startswith("op-ms-"):
        yield found[1], "contrib"
    if (found := _ABSENT.search(pair.error)) and _PLAIN.match(pair.object):
        kind = pair.object.partition("-")[2].partition("-")[0]
        yield f"{ {'ml': 'ai.onnx.ml', 'ms': 'com.microsoft'}.get(kind, 'ai.onnx') } {found[1]} {found[2]}", "without"


def _ends(found: set[str], order: list[str]) -> list[str]:
    ordered = [name for name in order if name in found]
    return [ordered[0], ordered[-1]]


def _contrib(
    said: dict[str, dict[str, Any]], asked: list[str], lacking: dict[str, set[str]], order: list[str]
) -> dict[str, str]:
    """Return the first runtime of each operator that came while it was measured; the others are older."""
    found = {}
    for operator in said[asked[-1]]["known"]["com.microsoft"]:
        there = [name for name in asked if operator in said[name]["known"]["com.microsoft"]]
        if operator in lacking:
            found[operator] = order[order.index(_ends(lacking[operator], order)[1]) + 1]
        elif there[0] != asked[0]:
            found[operator] = there[0]
    return found
