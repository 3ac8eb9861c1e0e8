"""
Finds the rules that a measured table follows: which estimators fail, with which message, by what their pickles show.

The rules of a class are tried in their order, and the first that fits tells the message. A rule says what the object
must be like (attributes that it lacks, settings, classes inside), and between which versions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from doctor.skew import Shown
from measurements.spans import runs

_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_MOST_TOGETHER = (40, 14)  # features that are tried in twos and in threes
_COST = {"lacks": 0.1, "is": 0.3, "inside": 0.4, "not": 0.5, "has": 0.6, "without": 0.6}
Feature = tuple[str, str, str]
Pair = tuple[str, str]


class Cell(NamedTuple):
    """A measured pair: the object, its writer and reader, the methods that were called and that failed, and how."""

    name: str
    writer: str
    reader: str
    called: frozenset[str]
    failed: frozenset[str] = frozenset()
    error: str = ""


class Rule(NamedTuple):
    """What fails: the features that an object must have, the pairs of versions, the methods and the message."""

    features: tuple[Feature, ...]
    pairs: frozenset[Pair]
    methods: frozenset[str]
    error: str
    exact: bool = False


class Learner:
    """
    Finds the rules of one class.

    Args:
        kind: the class.
        cells: all measured pairs of its objects that were loaded.
        shown: what the pickles show, by name and writer.
        told: failures that other rules tell: rules of this class must keep away from them.
        together: how many features are tried in twos and in threes.
    """

    def __init__(
        self,
        kind: str,
        cells: Iterable[Cell],
        shown: Mapping[Pair, Shown],
        told: frozenset[Cell] = frozenset(),
        *,
        together: tuple[int, int] = _MOST_TOGETHER,
    ) -> None:
        self._kind = kind
        self._left = list(cells)
        self._shown = shown
        self._told = told
        self._together = dict(enumerate(together, 2))

    def rules(self) -> tuple[list[Rule], list[Cell]]:
        """Return rules in the order in which they are to be tried, and the failures that none of them tells."""
        found: list[Rule] = []
        for size in (1, 2, 3):
            while self._wanted():
                best = max(self._candidates(size), key=lambda c: _worth(*c), default=None)
                if best is None:
                    break
                found.append(best[0])
                gone = set(best[1])
                self._left = [c for c in self._left if c not in gone]
        return found, self._wanted()

    def _wanted(self) -> list[Cell]:
        return [c for c in self._left if c.error and c not in self._told]

    def _candidates(self, size: int) -> Iterator[tuple[Rule, list[Cell]]]:
        errors: dict[str, set[frozenset[str]]] = defaultdict(set)
        for cell in self._wanted():
            errors[cell.error].add(cell.failed)
        bits = _Bits(self._left, self._shown)
        for error, failed in sorted(errors.items()):
            named = _ATTRIBUTE.search(error)
            features = self._features(error)[: self._together.get(size)]
            conditions = [(), *((f,) for f in features)] if size == 1 else list(combinations(features, size))
            for methods in sorted({*failed, frozenset().union(*failed)}, key=sorted):
                good, bad, pairs = bits.of(error, methods, self._told)
                for condition in conditions:
                    found = bits.held(condition, good, bad, pairs)
                    if found:
                        pure, covered = found
                        attribute = named[2] if named else None
                        cause = named is not None and any(f[0] == "lacks" and f[2] == attribute for f in condition)
                        exact = cause and bits.exact(condition, bad, {r for _, r in pure})
                        yield Rule(condition, frozenset(pure), methods, error, exact), bits.cells(covered)

    def _features(self, error: str) -> list[Feature]:
        """Return what may tell the objects that fail so from the others, the likeliest cause first."""
        of = {(c.name, c.writer) for c in self._left}
        failing = {(c.name, c.writer) for c in self._left if c.error == error}
        named = _ATTRIBUTE.search(error)
        found = [*self._named(named, of)] if named else []
        found += self._set(failing, of)
        classes = {k for o in of for k in self._shown[o].attributes if k}
        differing = [k for k in sorted(classes) if not all(k in self._shown[o].attributes for o in of)]
        found += [f for k in differing for f in (("inside", k, ""), ("without", k, ""))]
        return found if named and found[:1] and found[0][0] == "lacks" else [*found, *self._differing(of)]

    def _named(self, named: re.Match[str], of: set[Pair]) -> Iterator[Feature]:
        kind = "" if named[1] == self._kind else named[1]
        if any(kind in self._shown[o].attributes for o in of):
            yield ("lacks", kind, named[2])

    def _set(self, failing: set[Pair], of: set[Pair]) -> Iterator[Feature]:
        """Yield the settings by which objects differ: words and flags; a number is hardly ever the reason."""
        values: dict[str, set[str]] = defaultdict(set)
        for o in of:
            for key, value in self._shown[o].settings.items():
                if not re.match(r"-?[\d.]", value) and value != "nan":
                    values[key].add(value)
        for key in sorted(values):
            for value in sorted(values[key]):
                same = {o for o in of if self._shown[o].settings.get(key) == value}
                if same != of:
                    yield from [("is", key, value)] if same & failing else []
                    yield from [("not", key, value)] if failing - same else []

    def _differing(self, of: set[Pair]) -> list[Feature]:
        sets = [names for o in of for names in self._shown[o].attributes.get("", ())]
        if not sets:
            return []
        names = frozenset().union(*sets) - frozenset.intersection(*sets)
        return [(word, "", n) for n in sorted(names) for word in ("lacks", "has")]


class _Bits:
    """The cells of a class as bits of a number, so that many conditions are tried fast."""

    def __init__(self, cells: list[Cell], shown: Mapping[Pair, Shown]) -> None:
        self._cells = cells
        self._shown = shown
        self._objects: dict[Pair, int] = defaultdict(int)
        self._pairs: dict[Pair, int] = defaultdict(int)
        self._features: dict[Feature, int] = {}
        for at, cell in enumerate(cells):
            self._objects[cell.name, cell.writer] |= 1 << at
            self._pairs[cell.writer, cell.reader] |= 1 << at

    def of(self, error: str, methods: frozenset[str], told: frozenset[Cell]) -> tuple[int, int, dict[Pair, int]]:
        """Return the cells of which a message is true, those of which it isn't, and the pairs where some is wanted."""
        good = bad = wanted = 0
        for at, cell in enumerate(self._cells):
            asked = methods & cell.called
            if asked and cell.error == error and cell.failed == asked:
                good |= 1 << at
                wanted |= 0 if cell in told else 1 << at
            elif asked:
                bad |= 1 << at
        return good, bad, {pair: mask for pair, mask in self._pairs.items() if mask & wanted}

    def held(
        self, condition: tuple[Feature, ...], good: int, bad: int, pairs: dict[Pair, int]
    ) -> tuple[list[Pair], int] | None:
        """Return the pairs in which all that fit a condition fail so, and the cells."""
        fitting = -1
        for feature in condition:
            fitting &= self._fitting(feature)
        good, bad = good & fitting, bad & fitting
        pure: list[Pair] = []
        covered = 0
        for pair, mask in pairs.items():
            if mask & good and not mask & bad:
                pure.append(pair)
                covered |= mask & good
        return (pure, covered) if pure else None

    def exact(self, condition: tuple[Feature, ...], bad: int, readers: set[str]) -> bool:
        """Say whether nothing that fits a condition does otherwise in these readers, whatever wrote it."""
        for feature in condition:
            bad &= self._fitting(feature)
        return not any(mask & bad for (_, reader), mask in self._pairs.items() if reader in readers)

    def _fitting(self, feature: Feature) -> int:
        if feature not in self._features:
            fitting = 0
            for one, mask in self._objects.items():
                fitting |= mask if self._shown[one].fits(*feature) else 0
            self._features[feature] = fitting
        return self._features[feature]

    def cells(self, mask: int) -> list[Cell]:
        """Return the cells of a number's bits."""
        return [c for at, c in enumerate(self._cells) if mask >> at & 1]


def _worth(rule: Rule, covered: list[Cell]) -> tuple[float, int]:
    """Rate a rule: one that names the very attribute that is missing tells the cause, any other a coincidence."""
    return (
        len(covered) * (10 if rule.exact else 1) / (1 + sum(_COST[f[0]] for f in rule.features)),
        -len(rule.features),
    )


def learned(
    cells: list[Cell], shown: Mapping[Pair, Shown], releases: list[str], *, together: tuple[int, int] = _MOST_TOGETHER
) -> list[dict[str, object]]:
    """Return the rules of one class as rows of a data file: what fits, the step that fails, the readers, the line."""
    rules, left = Learner("", cells, shown, together=together).rules()
    for cell in left[:20]:
        print("no rule:", *cell[:3], cell.error)
    return [
        {"if": [list(f) for f in r.features], "at": "".join(r.methods),
         "readers": runs([releases.index(v) for _, v in r.pairs], releases), "log": r.error} for r in rules
    ]  # fmt: skip
