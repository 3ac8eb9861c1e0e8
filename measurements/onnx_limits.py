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
from measurements import onnx_types, table
from measurements.family import PROGRAMS
from measurements.table import Pair

_NUMBERED = {"ir": "ir", "opset": "ai.onnx", "ml": "ai.onnx.ml"}
_REFUSED = re.compile(r"IR version|model file format version|only \*guarantees\*")
_ABSENT = re.compile(r"Could not find an implementation for (?:the node )?(\w+)\((\d+)\)")
_UNKNOWN = re.compile(r"(\w+)(?:\(-1\))? is not a registered function/op")
_TYPE = re.compile(r"MLDataType for: tensor\((\w+)\) is not currently")
_REFUSES = re.compile(r"(\w+) operator does not support (\w+) yet")
_PARTS = ("without", "types", "contrib", "refused")
_DOMAINS = ("ai.onnx", "ai.onnx.ml", "com.microsoft")
_FOLDED = ("Constant", "Identity", "Dropout")  # gone before a kernel is looked for
# One node each, on the types that an operator's first kernels are for: where they fail, the operator is absent.
_PLAIN = re.compile(r"op-(?!Cast|[A-Za-z]+-(?:b?float16|double|int8)|Equal19|Quantize|on-)|opset-")


def derive(measured: dict[str, Any], envs: Path) -> Mapping[str, Any]:
    """Return the data files; what no measurement says of them stays as it is committed."""
    pairs = list(table.pairs(measured))
    order = list(measured["environments"])
    before = facts.load("onnxruntime")
    limits = {**before, "measured": measured["measured"], "versions": _limits(pairs, order)}
    said = {name: _said(envs / f"onnx-{name}" / "bin" / "python") for name in order}
    kernels = _kernels(pairs, order, said, onnx_types.probed(envs, limits["versions"]))
    kernels["measured"] = measured["measured"]
    outputs = _outputs(said[order[-1]]["outputs"], measured)
    return {"onnxruntime": limits, "onnx_kernels": kernels, "onnx_outputs": outputs}


def _outputs(said: dict[str, list[str]], measured: dict[str, Any]) -> dict[str, Any]:
    newest = list(measured["environments"].values())[-1]["packages"]["onnx"]
    return {
        "source": f"onnx {newest}, onnx.defs.get_all_schemas_with_history: make facts FAMILY=onnx",
        "measured": measured["measured"],
        "about": "of what type an operator's outputs are, in all operator sets from 7 on: that of these inputs, or the "
        "only one that is allowed; empty where neither can be said; + stands for all outputs from there on",
        "outputs": {key: [onnx_types.NAMES.get(one, one) for one in made] for key, made in said.items()},
    }


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


def _kernels(
    pairs: list[Pair], order: list[str], said: dict[str, dict[str, Any]], probed: onnx_types.Probed
) -> dict[str, Any]:
    asked = [name for name in order if said[name]]
    found: dict[str, dict[str, set[str]]] = {part: defaultdict(set) for part in _PARTS}
    for name in asked:
        for key in _without(said, asked, name):
            found["without"][key].add(name)
    for name in order[: order.index(asked[0])]:
        for key in probed.absent(name):
            if key.split()[1] not in onnx_types.REMOVED:
                found["without"][key].add(name)
    lacking = onnx_types.lacking(probed, said)
    for pair in pairs:
        for key, into in _absent(pair):
            found[into][key].add(pair.reader)
    newest = said[asked[-1]]["known"]
    changed = {key.split()[1] for key in (*found["without"], *lacking)}
    return {
        "source": "onnxruntime's CPU wheels: their own lists of operators and kernels (from 1.16 on), and models of "
        "one node each, run: make facts FAMILY=onnx",
        "measured": "",
        "about": "since: the operator sets in which an operator changed. without: for an operator's version, the first "
        "and the last measured runtime that accepts it and has no kernel on a CPU. types: the last runtime that has "
        "no such type. contrib: the first measured runtime that has an operator of com.microsoft, as far as known. "
        "refused: operators and types whose kernel refuses the type when it runs. lacking: for an operator's version, "
        "rows of inputs (to: what Cast makes), types for which there is no kernel, the first and the last "
        "runtime, what the log names where it is another operator, and the operator sets where it is so in some alone",
        "runtimes": order,
        "since": {d: _since(newest[d], changed) for d in _DOMAINS},
        "without": {key: _ends(names, order) for key, names in sorted(found["without"].items())},
        "types": {key: _ends(names, order)[1] for key, names in sorted(found["types"].items())},
        "contrib": _contrib(said, asked, found["contrib"], order),
        "refused": {key: _ends(names, order) for key, names in sorted(found["refused"].items())},
        "lacking": lacking,
    }


def _without(said: dict[str, dict[str, Any]], asked: list[str], name: str) -> Iterator[str]:
    """Yield the operators' versions that a runtime says it has no kernel for, and that are not made of others."""
    functions = {tuple(f) for n in asked for f in said[n]["functions"]}
    for domain in _DOMAINS[:2]:
        for operator, found in said[name]["known"][domain].items():
            for version in found["without"] if operator not in _FOLDED else ():
                # Nobody ships operator sets before 7, and onnxruntime promises nothing of them.
                if version >= 7 and (domain, operator, version) not in functions:
                    yield f"{domain} {operator} {version}"


def _since(known: dict[str, Any], wanted: set[str]) -> dict[str, str]:
    return {o: " ".join(map(str, found["since"])) for o, found in sorted(known.items()) if o in wanted}


def _absent(pair: Pair) -> Iterator[tuple[str, str]]:
    """Yield what a failure says is absent, and in which part of the data it goes."""
    if found := _TYPE.search(pair.error):
        yield found[1], "types"
    if found := _REFUSES.search(pair.error):
        yield f"{found[1]} {onnx_types.NAMES.get(found[2], found[2])}", "refused"
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
