"""
What becomes of scikit-learn's pickles under another version, as measured (``doctor/facts/sklearn_pickles.json``).

A version that was not measured is judged by its measured neighbours, where both agree; otherwise nobody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.model import Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.formats.kinds.base import ModelFile, Symbol
    from doctor.formats.kinds.pickled import Called, Estimator


class Break(NamedTuple):
    """How a pickle fails: what shows it, the line that is logged, and for a use of what: () for loading."""

    saw: str
    log: str
    methods: tuple[str, ...] = ()
    estimator: Estimator | None = None


class Shown(NamedTuple):
    """
    What a pickle shows of an estimator.

    Args:
        attributes: by class, the attributes of the objects of that class inside it; its own are those of "".
        settings: plain constructor parameters.
    """

    attributes: Mapping[str, Collection[frozenset[str]]]
    settings: Mapping[str, str]

    def fits(self, word: str, one: str, other: str = "") -> bool:
        """
        Say whether something is true of it.

        Args:
            word: "lacks" or "has": an attribute, all objects of the class; "is" or "not": a setting; "inside" or
                "without": a class.
            one: the class ("" for its own), or the setting.
            other: the attribute, or the setting's value.
        """
        if word in {"is", "not"}:
            return (self.settings.get(one) == other) == (word == "is")
        if word in {"inside", "without"}:
            return (one in self.attributes) == (word == "inside")
        if word == "lacks":
            return one in self.attributes and all(other not in names for names in self.attributes[one])
        return one in self.attributes and all(other in names for names in self.attributes[one])


def shown(estimator: Estimator) -> Shown:
    """Return what a pickle shows of an estimator."""
    attributes: dict[str, list[frozenset[str]]] = {"": [estimator.attributes]}
    for part in estimator.parts:
        attributes.setdefault(part.symbol.name, []).append(part.attributes)
    return Shown(attributes, dict(estimator.settings))


def named(symbols: Iterable[Symbol], called: Iterable[Called], package: str) -> Shown:
    """Return what a pickle shows of a package's objects: names that it has, checksums and how much they are given."""
    attributes: dict[str, list[frozenset[str]]] = {}
    settings = {}
    for symbol in symbols:
        if symbol.module.partition(".")[0] == package:
            attributes[str(symbol)] = [frozenset()]
            attributes[symbol.module] = [frozenset()]
    for call in called:
        if str(call.symbol) not in attributes:
            continue
        given = [p for p in call.arguments.strip("(),").split(", ") if p]
        sums = [p for p in given if p.isdecimal() and len(p) > 6 and call.symbol.name.startswith("__pyx_unpickle_")]
        settings[str(call.symbol)] = f"checksum {sums[0]}" if sums else f"with {len(given)} arguments"
        if sums and call.state >= 0:
            settings[f"{call.symbol} and its state"] = f"of {call.state} parts"
    return Shown(attributes, settings)


def around(version: Version, measured: list[str]) -> list[str]:
    """Return the measured versions that a version is or lies between; [] where it lies outside."""
    from packaging.version import Version

    version = Version(version.public) if version.local else version  # a build of the same release: 2.13.0+cpu
    numbers = [Version(m) for m in measured]
    below = [m for m, n in zip(measured, numbers, strict=True) if n <= version]
    above = [m for m, n in zip(measured, numbers, strict=True) if n >= version]
    return sorted({below[-1], above[0]}) if below and above else []


def fails(row: Mapping[str, Any], writer: Version, reader: Version, versions: list[str]) -> bool | None:
    """
    Say whether pickles of one version fail under another.

    Args:
        row: measured failures: "where", first and last writer, first and last reader; or "readers", first and last,
            where what the pickle lacks is the cause, whichever version wrote it.
        writer: the version that wrote the pickle.
        reader: the serving version.
        versions: those that were measured.
    """
    if writer == reader:
        return False
    if "readers" in row:
        return refuses(row, reader, versions)
    index = {v: i for i, v in enumerate(versions)}
    pairs = [(index[w], index[r]) for w in around(writer, versions) for r in around(reader, versions)]
    rows = [[index[v] for v in span] for span in row["where"]]
    found = {any(a <= w <= b and c <= r <= d for a, b, c, d in rows) for w, r in pairs}
    return found.pop() if len(found) == 1 else None


def refuses(row: Mapping[str, Any], reader: Version, versions: list[str]) -> bool | None:
    """Say whether a version refuses what a row tells of, whichever version wrote it; None where nobody knows."""
    index = {v: i for i, v in enumerate(versions)}
    spans = [(index[a], index[b]) for a, b in row["readers"]]
    found = {any(a <= index[r] <= b for a, b in spans) for r in around(reader, versions)}
    return found.pop() if len(found) == 1 else None


class Verdict(NamedTuple):
    """A rule by which a version refuses something, None where nobody knows, and the measured versions that don't."""

    rule: Mapping[str, Any] | None
    works: tuple[str, ...] = ()


def judged(rules: Iterable[Mapping[str, Any]], at: str, reader: Version, versions: list[str]) -> Verdict | None:
    """
    Return the first of the rules that fit an object by which a version refuses it; None where none does.

    Args:
        rules: that fit the object: "at" the step that fails, "readers" the first and the last version, likewise.
        at: the step that is asked about; what works is what fails at none.
        reader: the serving version.
        versions: those that were measured.
    """
    fitting = list(rules)
    verdicts = [(refuses(rule, reader, versions), rule) for rule in fitting if rule["at"] == at]
    rule = next((rule for failing, rule in verdicts if failing), None)
    if rule is not None:
        spans = [(versions.index(first), versions.index(last)) for one in fitting for first, last in one["readers"]]
        return Verdict(rule, tuple(v for i, v in enumerate(versions) if not any(a <= i <= b for a, b in spans)))
    return Verdict(None) if any(failing is None for failing, _ in verdicts) else None


def nearest(version: Version, measured: list[str]) -> str:
    """Return the measured version that is closest to one."""
    from packaging.version import Version

    below = [m for m in measured if Version(m) <= version]
    above = [m for m in measured if Version(m) > version]
    return above[0] if above else below[-1]


def at_load(file: ModelFile, writer: Version, reader: Version) -> Break | Unknown | None:
    """Return why a pickle can't be loaded; None where it can, Unknown where that was not measured."""
    facts = load("sklearn_pickles")
    if writer == reader:
        return None
    near = around(reader, facts["versions"])
    if not near:
        first, last = facts["versions"][0], facts["versions"][-1]
        return Unknown(f"pickles under scikit-learn {reader} were not measured ({first} to {last} were)")
    unclear: Unknown | None = None
    for symbol in file.symbols:
        found = _absent(symbol, reader, near) or _refused(symbol, writer, reader)
        if isinstance(found, Break):
            return found
        unclear = unclear or found
    return unclear


def _absent(symbol: Symbol, reader: Version, near: list[str]) -> Break | Unknown | None:
    """Return what a version lacks of a name: its module, one of the packages that hold that, or the name."""
    parts = symbol.module.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if _there(module, near, "modules") is False:
            return Break(f"names {symbol}", f"ModuleNotFoundError: No module named '{module}'")
    there = _there(str(symbol), near, "names")
    if there is False:
        module = load("pickled_modules")["aliases"].get(symbol.module, symbol.module)
        log = f"AttributeError: Can't get attribute '{symbol.name}' on <module '{module}' from"
        return Break(f"names {symbol}", log)
    return Unknown(f"whether scikit-learn {reader} has {symbol} was not measured") if there is None else None


def at_use(
    estimators: tuple[Estimator, ...], writer: Version, reader: Version, facts: Mapping[str, Any] | None = None
) -> Iterator[Break | Unknown]:
    """
    Yield what fails once a request comes, for estimators that requests reach.

    Args:
        estimators: of a pickle, those that requests reach first.
        writer: the version that wrote it.
        reader: the serving version.
        facts: what was measured, where it isn't doctor's own.
    """
    facts = facts or load("sklearn_pickles")
    for estimator in estimators:
        if estimator.role == "inside" or not estimator.symbol.module.startswith("sklearn.") or writer == reader:
            continue
        name = estimator.symbol.name
        if name not in facts["classes"]:
            yield Unknown(f"{name} of scikit-learn {writer} under {reader} was not measured")
            continue
        seen = shown(estimator)
        for row in facts["breaks"].get(name, ()):
            if not all(seen.fits(*feature) for feature in row.get("if", ())):
                continue
            failing = fails(row, writer, reader, facts["versions"])
            if failing:
                yield Break(f"a {name} of scikit-learn {writer}", row["log"], tuple(row["methods"]), estimator)
            elif failing is None:
                yield Unknown(f"whether a {name} of scikit-learn {writer} works with {reader} was not measured")


def _there(name: str, near: list[str], table: str) -> bool | None:
    """Say whether releases have a module or name: those that all of them have are not in the tables."""
    facts = load("sklearn_pickles")
    span = facts[table].get(name)
    if span is None:
        return True
    known = facts["versions"]
    first, last = known.index(span[0]), known.index(span[1])
    found = {first <= known.index(v) <= last for v in near}
    return found.pop() if len(found) == 1 else None


def _refused(symbol: Symbol, writer: Version, reader: Version) -> Break | Unknown | None:
    """Return why the serving version refuses an object of a class: the layout of its data changed."""
    facts = load("sklearn_pickles")
    unclear: Unknown | None = None
    for row in facts["loads"]:
        failing = fails(row, writer, reader, facts["versions"]) if row["names"] == str(symbol) else False
        if failing:
            return Break(f"holds a {symbol}", row["log"])
        if failing is None:
            unclear = Unknown(f"whether {symbol} of scikit-learn {writer} loads with {reader} was not measured")
    return unclear
