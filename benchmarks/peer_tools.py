"""
The tools that are compared: what each is called with, and what it said, out of its own output.

Each is given the form of a fixture that suits it best, and nothing where a fixture holds nothing for it. What it said
is a list of lines, ``LEVEL RULE: message``, in the tool's own words.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from peer_inputs import ROOT, Input

OUT = "{out}"


class Call(NamedTuple):
    """One invocation: arguments (``{out}`` is where the tool writes its JSON), and where it is run."""

    arguments: list[str]
    cwd: Path | None = None


class Tool(NamedTuple):
    """A tool from PyPI, in one way of using it."""

    name: str
    package: str
    command: str
    calls: Callable[[Input], list[Call]]
    said: Callable[[str, str], list[str]]
    given: str
    beside: tuple[str, ...] = ()
    together: Callable[[Path, list[Path]], Call] | None = None


def _document(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return {}


def picklescan_said(_written: str, printed: str) -> list[str]:
    """Lines of text: what was found, and what could not be read."""
    return [
        line for line in printed.splitlines() if re.search(r"FOUND|WARNING|ERROR|^[\w.]*(?:Error|BadZipFile)", line)
    ]


def modelscan_said(written: str, _printed: str) -> list[str]:
    """JSON: issues, and errors of reading."""
    document = _document(written)
    issues = [f"{i['severity']} {i['scanner']}: {i['description']}" for i in document.get("issues", [])]
    return issues + [f"ERROR {e.get('category', '')}: {e.get('description', '')}" for e in document.get("errors", [])]


def modelaudit_said(written: str, _printed: str) -> list[str]:
    """JSON: issues with severity and rule."""
    issues = _document(written).get("issues", [])
    return [f"{i['severity']} {i.get('rule_code') or i.get('type') or ''}: {i['message']}" for i in issues]


def fickling_said(written: str, printed: str) -> list[str]:
    """JSON of one pickle; where it can't be read, the error that is printed."""
    document = _document(written)
    if document.get("severity") in {None, "LIKELY_SAFE"}:
        return [line for line in printed.splitlines() if "failed" in line.lower() or "Error" in line]
    return [f"{document['severity']}: {line}" for line in document.get("analysis", "").splitlines()]


def deptry_said(written: str, printed: str) -> list[str]:
    """JSON: violations with code and module; a file that can't be parsed is a warning on standard error."""
    document = _document(written)
    found = [f"{v['error']['code']}: {v['error']['message']}" for v in document or []]
    return found + [
        line for line in printed.splitlines() if "Warning" in line or "Exception" in line or "Error:" in line
    ]


def fawltydeps_said(_written: str, printed: str) -> list[str]:
    """JSON on standard output, the log around it."""
    start, end = printed.find("\n{\n") + 1 or 0, printed.rfind("}") + 1
    document = _document(printed[start:end])
    said = [f"undeclared: {d['name']}" for d in document.get("undeclared_deps") or []]
    said += [f"unused: {d['name']}" for d in document.get("unused_deps") or []]
    return said + [line for line in printed.splitlines() if re.match(r"(WARNING|ERROR|CRITICAL)", line)]


def mlx_said(written: str, _printed: str) -> list[str]:
    """JSON: the results that failed or warn."""
    results = _document(written).get("results", [])
    return [f"{r['status']} {r['check_id']}: {r['message']}" for r in results if r["status"] in {"fail", "warn"}]


def doctor_said(written: str, printed: str) -> list[str]:
    """JSON: the findings in their order, then checks that crashed, and what it printed."""
    document = _document(written)
    said = [f"{f['severity']} {f['check']}: {f['message']}" for f in document.get("findings", [])]
    said += [
        f"{u['status']} {u['check']}: {u['reason']}" for u in document.get("unknown", []) if u["status"] == "crashed"
    ]
    return said + printed.splitlines()[-3:]


@cache
def modules() -> dict[str, list[str]]:
    """Return the modules of each distribution that has others than its own name."""
    found = defaultdict(list)
    for module, distributions in json.loads((ROOT / "doctor" / "facts" / "modules.json").read_text())[
        "modules"
    ].items():
        for distribution in distributions:
            if "." not in module:
                found[distribution].append(module)
    return {name: inside for name, inside in found.items() if inside != [name]}


def mapping(target: Path) -> Path:
    """Write the modules of distributions as FawltyDeps wants them."""
    lines = [f"{name} = {json.dumps(inside)}" for name, inside in sorted(modules().items())]
    target.write_text("\n".join(lines) + "\n")
    return target


def _doctor(given: Input) -> list[Call]:
    return [Call(["check", str(given.artifact), *given.options, "--format", "json", "--output", OUT])]


def _folder(*before: str, after: tuple[str, ...] = ()) -> Callable[[Input], list[Call]]:
    return lambda given: [Call([*before, str(given.folder), *after])]


def _modelaudit(given: Input) -> list[Call]:
    return [Call(["scan", str(given.folder if given.whole else given.artifact), *MODELAUDIT])]


def _pickles(given: Input) -> list[Call]:
    return [Call(["--check-safety", "--json-output", OUT, str(p)]) for p in given.pickles]


def _deptry(given: Input) -> list[Call]:
    return [Call([".", "--no-ansi", "-o", OUT], given.code)] if given.code else []


def _deptry_told(given: Input) -> list[Call]:
    if not given.code:
        return []
    told = ["-rf", str(given.image_packages), "-i", "DEP002"]
    names = ",".join(f"{name}={'|'.join(inside)}" for name, inside in sorted(modules().items()))
    return [Call([".", "--no-ansi", "-o", OUT, *told, "-pmnm", names], given.code)]


def _fawltydeps(given: Input) -> list[Call]:
    return [Call(["--json"], given.code)] if given.code else []


def _fawltydeps_told(given: Input) -> list[Call]:
    if not (given.code and given.image_packages):
        return []
    names = mapping(given.image_packages.with_name("modules.toml"))
    told = ["--check-undeclared", "--code", ".", "--deps", str(given.image_packages)]
    return [Call(["--json", *told, "--custom-mapping-file", str(names)], given.code)]


def _mlx(given: Input) -> list[Call]:
    return [Call(["check", "local", str(given.model), "--format", "json", "--output", OUT])] if given.model else []


MODELAUDIT = ("--format", "json", "--output", OUT, "--no-cache")
MODELSCAN = ("-r", "json", "-o", OUT)
TOLD = "code/, with the image's packages declared too"
TOOLS = (
    Tool("endpoint doctor", "endpoint-doctor", "doctor", _doctor, doctor_said, "the deployment"),
    Tool(
        "picklescan", "picklescan", "picklescan", _folder("-p"), picklescan_said, "the artifact's files",
        beside=("numpy",),  # imported where there is an .npy or .npz, not asked for
        together=lambda root, _: Call(["-p", str(root)]),
    ),
    Tool(
        "modelscan", "modelscan", "modelscan", _folder("scan", "-p", after=MODELSCAN), modelscan_said,
        "the artifact's files", beside=("modelscan[h5py]",),
        together=lambda root, _: Call(["scan", "-p", str(root), *MODELSCAN]),
    ),
    Tool(
        "modelaudit", "modelaudit", "modelaudit", _modelaudit, modelaudit_said,
        "the artifact's files; the archive where it can't be unpacked",
        beside=("modelaudit[h5,onnx]",),
        together=lambda root, archives: Call(["scan", str(root), *map(str, archives), *MODELAUDIT]),
    ),
    Tool(
        "fickling", "fickling", "fickling", _pickles, fickling_said, "each pickle",
        beside=("typing_extensions",),  # imported by 0.1.12 on Python 3.11, not asked for
    ),
    Tool("deptry", "deptry", "deptry", _deptry, deptry_said, "code/"),
    Tool("deptry", "deptry", "deptry", _deptry_told, deptry_said, TOLD),
    Tool("FawltyDeps", "fawltydeps", "fawltydeps", _fawltydeps, fawltydeps_said, "code/"),
    Tool("FawltyDeps", "fawltydeps", "fawltydeps", _fawltydeps_told, fawltydeps_said, TOLD),
    Tool("mlx-model-doctor", "mlx-model-doctor", "mlx-model-doctor", _mlx, mlx_said, "text models"),
)  # fmt: skip
