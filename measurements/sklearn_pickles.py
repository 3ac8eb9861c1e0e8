"""Makes ``doctor/facts/sklearn_pickles.json`` of scikit-learn's measured table: nothing in it is written by hand."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from doctor import skew
from doctor.formats.estimators import HANDS_ON
from doctor.formats.kinds.base import ModelFile
from doctor.formats.pickled import read
from doctor.formats.stream import stream_of
from doctor.model import Unknown
from measurements import table
from measurements.rules import Cell, Learner, Pair, Rule
from measurements.spans import runs
from measurements.stored import objects

METHODS = {
    "predict": ("predict",),
    "proba": ("predict", "predict_proba"),
    "decision": ("predict", "decision_function"),
    "transform": ("transform",),
    "scores": ("score_samples",),
    "neighbors": ("kneighbors",),
}
_ABSENT = re.compile(r"No module named|Can't get attribute|module '[\w.]+' has no attribute")
# Asked of each environment: which of the names there are, once all modules that hold them are imported.
_ASK = """
import importlib, json, sys
found = []
names = json.load(sys.stdin)
for top in ("sklearn._loss._loss", "sklearn.ensemble"):
    try:
        importlib.import_module(top)
    except ImportError:
        pass
for name in names:
    module, _, attribute = name.rpartition(".")
    try:
        if hasattr(importlib.import_module(module), attribute):
            found.append(name)
    except ImportError:
        pass
print(json.dumps(found))
"""


class Measured(NamedTuple):
    """The table with what doctor reads in the objects: files by name and writer; releases in their order."""

    releases: list[str]
    pairs: list[table.Pair]
    files: dict[Pair, ModelFile]


def derive(measured: Mapping[str, Any], environments: Path) -> dict[str, Any]:
    """
    Return the data file, by its name.

    Args:
        measured: scikit-learn's table.
        environments: the folder of the environments that were measured.
    """
    known = _known(measured)
    present = _present(known, environments)
    loads, loaded = _loads(known)
    breaks, untold = _breaks(known, loaded)
    for cell in untold[:20]:
        print("no rule:", *cell)
    return {
        "sklearn_pickles": {
            "source": f"{measured['source']}: {len(measured['objects'])} kinds of fitted estimators, pickled by each "
            "of these releases, then loaded and used under each other; NumPy 1 throughout",
            "measured": measured["measured"],
            "versions": known.releases,
            "names": _spans(present, known.releases),
            "modules": _spans({**_registered(present), **_modules(known.releases, environments)}, known.releases),
            "loads": loads,
            "classes": sorted({f.facts.root.name for f in known.files.values()}),
            "breaks": breaks,
        }
    }


def _known(measured: Mapping[str, Any]) -> Measured:
    files = {}
    for name, data in objects("sklearn").items():
        writer, _, item = name.partition("/")
        files[item, writer] = read(stream_of(data), item, len(data))
    releases = list(measured["environments"])
    pairs = [p for p in table.pairs(measured) if p.writer != p.reader and (p.object, p.writer) in files]
    broken = {(p.object, p.writer) for p in table.pairs(measured) if p.writer == p.reader and p.error}
    return Measured(releases, [p for p in pairs if (p.object, p.writer) not in broken], files)


def _present(known: Measured, environments: Path) -> dict[str, list[str]]:
    """Return the releases that have each name that any pickle has of scikit-learn."""
    names = sorted({str(s) for f in known.files.values() for s in f.symbols if _own(s.module)})
    found: dict[str, list[str]] = {n: [] for n in names}
    for release in known.releases:
        python = environments / f"sklearn-{release}" / "bin" / "python"
        done = subprocess.run(
            [str(python), "-W", "ignore", "-c", _ASK],
            input=json.dumps(names), capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in json.loads(done.stdout):
            found[name].append(release)
    return found


def _own(module: str) -> bool:
    return module.partition(".")[0] in {"sklearn", "_loss"}


def _modules(releases: list[str], environments: Path) -> dict[str, list[str]]:
    """Return the releases that have each module, by the files of their packages."""
    found: dict[str, list[str]] = defaultdict(list)
    for release in releases:
        [root] = (environments / f"sklearn-{release}" / "lib").glob("python*/site-packages/sklearn")
        for file in root.rglob("*"):
            if file.suffix in {".py", ".so"} and "tests" not in file.parts:
                parts = [*file.relative_to(root.parent).parent.parts, file.name.partition(".")[0]]
                name = ".".join(p for p in parts if p != "__init__")
                found[name] += [] if release in found[name] else [release]
    return found


def _registered(present: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the releases that have a module under a name that no file has: by what is found in it."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, releases in present.items():
        found[name.rpartition(".")[0]].update(releases)
    order = max(present.values(), key=len)
    return {m: [r for r in order if r in has] for m, has in found.items() if not m.startswith("sklearn.")}


def _spans(present: Mapping[str, list[str]], releases: list[str]) -> dict[str, list[str]]:
    """Return the first and the last release of what isn't in all of them."""
    spans = {}
    for name, has in sorted(present.items()):
        at = [releases.index(r) for r in has]
        if has and len(has) < len(releases) and at == list(range(at[0], at[-1] + 1)):
            spans[name] = [has[0], has[-1]]
    return spans


def _loads(known: Measured) -> tuple[list[dict[str, Any]], list[table.Pair]]:
    """Return what can't be loaded, by the object in the pickle that is refused, and all pairs that were loaded."""
    refused: dict[str, dict[str, set[table.Pair]]] = defaultdict(lambda: defaultdict(set))
    fine: dict[str, set[Pair]] = defaultdict(set)
    loaded = []
    for pair in known.pairs:
        names = {str(s) for s in known.files[pair.object, pair.writer].symbols}
        if pair.at != "load":
            loaded.append(pair)
            for name in names:
                fine[name].add((pair.writer, pair.reader))
        elif not _ABSENT.search(pair.error):
            for name in names:
                refused[_line(pair.error)][name].add(pair)
    rows = []
    for error, by_name in sorted(refused.items()):
        held = {n: {p for p in of if (p.writer, p.reader) not in fine[n]} for n, of in by_name.items()}
        left = set().union(*by_name.values())
        while left:
            name = max(sorted(held), key=lambda n: (len(held[n] & left), n.startswith("sklearn.tree._tree")))
            if not held[name] & left:
                print("no object tells:", error, [tuple(p)[:3] for p in sorted(left)[:4]])
                break
            if _own(name.rpartition(".")[0]):  # what others refuse, as NumPy, is no matter of scikit-learn's versions
                where = _rectangles({(p.writer, p.reader) for p in held[name]}, known.releases)
                rows.append({"names": name, "log": error, "where": where})
            left -= held[name]
    return rows, loaded


def _breaks(known: Measured, loaded: Iterable[table.Pair]) -> tuple[dict[str, Any], list[Cell]]:
    """Return the rules by class, those of estimators that hand on what they are asked last."""
    cells: dict[str, list[Cell]] = defaultdict(list)
    for pair in loaded:
        called = frozenset(METHODS[pair.object.partition("-")[0]])
        failed = frozenset(pair.at.split()) & called
        root = known.files[pair.object, pair.writer].facts.root
        cells[root.name].append(Cell(pair.object, pair.writer, pair.reader, called, failed, _line(pair.error)))
    rows: dict[str, list[dict[str, Any]]] = {}
    untold: list[Cell] = []
    for kind in sorted(cells, key=lambda k: (k in HANDS_ON, k)):
        shown = {}
        for cell in cells[kind]:
            estimators = known.files[cell.name, cell.writer].facts.estimators
            shown[cell.name, cell.writer] = skew.shown(next(e for e in estimators if e.role == "answers"))
        told = frozenset(c for c in cells[kind] if kind in HANDS_ON and _told(c, known, rows))
        rules, left = Learner(kind, cells[kind], shown, told).rules()
        untold += left
        if rules:
            rows[kind] = [_row(r, known.releases) for r in rules]
    return dict(sorted(rows.items())), untold


def _told(cell: Cell, known: Measured, rows: Mapping[str, list[dict[str, Any]]]) -> bool:
    """Say whether the rules of what an estimator hands on to tell a failure."""
    if not cell.error:
        return False
    from packaging.version import Version

    facts = {"versions": known.releases, "breaks": rows, "classes": list(rows)}
    estimators = known.files[cell.name, cell.writer].facts.estimators
    found = skew.at_use(estimators, Version(cell.writer), Version(cell.reader), facts)
    first = next((b for b in found if not isinstance(b, Unknown)), None)
    return first is not None and first.log == cell.error


def _row(rule: Rule, releases: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"methods": sorted(rule.methods), "log": rule.error}
    if rule.features:
        row["if"] = [list(f) for f in rule.features]
    if rule.exact:
        row["readers"] = runs([releases.index(r) for r in {r for _, r in rule.pairs}], releases)
    else:
        row["where"] = _rectangles(rule.pairs, releases)
    return row


def _rectangles(pairs: Iterable[Pair], releases: list[str]) -> list[list[str]]:
    """Return pairs as rows of first and last writer, first and last reader."""
    readers: dict[str, list[int]] = defaultdict(list)
    for writer, reader in pairs:
        readers[writer].append(releases.index(reader))
    by: dict[tuple[str, str], list[int]] = defaultdict(list)
    for writer, found in readers.items():
        for first, last in runs(found, releases):
            by[first, last].append(releases.index(writer))
    rows = [[*run, *span] for span, writers in by.items() for run in runs(writers, releases)]
    return sorted(rows, key=lambda row: [releases.index(r) for r in row])


def _line(error: str) -> str:
    """Return the part of a message that doesn't depend on the object."""
    return re.sub(r" - expected:.*|, with gufunc signature.*| \(\d+,.*", "", error)
