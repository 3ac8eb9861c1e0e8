"""
What becomes of scikit-learn's pickles under another version, as measured (``doctor/facts/sklearn_pickles.json``).

A version that was not measured is judged by its measured neighbours, where both agree; otherwise nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.model import Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.pickled import Estimator

TREE = "sklearn.tree._tree.Tree"


class Break(NamedTuple):
    """How a pickle fails: what shows it, the line that is logged, and for a use of what: () for loading."""

    saw: str
    log: str
    methods: tuple[str, ...] = ()
    estimator: Estimator | None = None


def around(version: Version, measured: list[str]) -> list[str]:
    """Return the measured versions that a version is or lies between; [] where it lies outside."""
    from packaging.version import Version

    numbers = [Version(m) for m in measured]
    below = [m for m, n in zip(measured, numbers, strict=True) if n <= version]
    above = [m for m, n in zip(measured, numbers, strict=True) if n >= version]
    return sorted({below[-1], above[0]}) if below and above else []


def fails(where: list[list[str]], writer: Version, reader: Version) -> bool | None:
    """
    Say whether pickles of one version fail under another.

    Args:
        where: measured failures: first and last writer, first and last reader.
        writer: the version that wrote the pickle.
        reader: the serving version.
    """
    if writer == reader:
        return False
    versions = load("sklearn_pickles")["versions"]
    index = {v: i for i, v in enumerate(versions)}
    pairs = [(index[w], index[r]) for w in around(writer, versions) for r in around(reader, versions)]
    spans = [[index[v] for v in row] for row in where]
    found = {any(a <= w <= b and c <= r <= d for a, b, c, d in spans) for w, r in pairs}
    return found.pop() if len(found) == 1 else None


def at_load(file: ModelFile, writer: Version, reader: Version) -> Break | Unknown | None:
    """Return why a pickle can't be loaded; None where it can, Unknown where that was not measured."""
    facts = load("sklearn_pickles")
    if writer == reader:
        return None
    near = around(reader, facts["releases"])
    if not near:
        first, last = facts["releases"][0], facts["releases"][-1]
        return Unknown(f"pickles under scikit-learn {reader} were not measured ({first} to {last} were)")
    measured = around(reader, facts["versions"])
    unclear: Unknown | None = None
    for symbol in file.symbols:
        if _there(symbol.module, near, "modules") is False:
            return Break(f"names {symbol}", f"ModuleNotFoundError: No module named '{symbol.module}'")
        there = _there(str(symbol), measured, "names") if measured else True
        if there is False:
            log = f"AttributeError: Can't get attribute '{symbol.name}' on <module '{symbol.module}' from"
            return Break(f"names {symbol}", log)
        if there is None:
            unclear = Unknown(f"whether scikit-learn {reader} has {symbol} was not measured")
    return _tree(file, writer, reader) or unclear


def at_use(estimators: tuple[Estimator, ...], writer: Version, reader: Version) -> Iterator[Break | Unknown]:
    """Yield what fails once a request comes, for estimators that requests reach."""
    facts = load("sklearn_pickles")
    inside = {e.symbol.name for e in estimators}
    for estimator in estimators:
        if estimator.role == "inside" or not estimator.symbol.module.startswith("sklearn.") or writer == reader:
            continue
        name = estimator.symbol.name
        if name not in facts["classes"]:
            yield Unknown(f"{name} of scikit-learn {writer} under {reader} was not measured")
        for row in facts["breaks"].get(name, ()):
            if not _applies(row, estimator, inside):
                continue
            failing = fails(row["where"], writer, reader)
            if failing and row.get("sometimes"):
                yield Unknown(f"a {name} of scikit-learn {writer} works with {reader} or not, depending on its data")
            elif failing:
                yield Break(f"a {name} of scikit-learn {writer}", row["log"], tuple(row["methods"]), estimator)
            elif failing is None:
                yield Unknown(f"whether a {name} of scikit-learn {writer} works with {reader} was not measured")


def _there(name: str, near: list[str], table: str) -> bool | None:
    """Say whether releases have a module or name: those that all of them have are not in the tables."""
    facts = load("sklearn_pickles")
    span = facts[table].get(name)
    if span is None:
        return True
    known = facts["releases"]
    first, last = known.index(span[0]), known.index(span[1])
    found = {first <= known.index(v) <= last for v in near}
    return found.pop() if len(found) == 1 else None


def _tree(file: ModelFile, writer: Version, reader: Version) -> Break | Unknown | None:
    if not any(str(s) == TREE for s in file.symbols):
        return None
    for row in load("sklearn_pickles")["trees"]:
        failing = fails(row["where"], writer, reader)
        if failing:
            return Break(f"trees of scikit-learn {writer}", row["log"])
        if failing is None:
            return Unknown(f"whether trees of scikit-learn {writer} load with {reader} was not measured")
    return None


def _applies(row: dict[str, Any], estimator: Estimator, inside: set[str]) -> bool:
    settings = dict(estimator.settings)
    if row.get("inside") and row["inside"] not in inside:
        return False
    if any(settings.get(k) != v for k, v in row.get("when", {}).items()):
        return False
    return not any(all(settings.get(k) == v for k, v in s.items()) for s in row.get("unless", ()))
