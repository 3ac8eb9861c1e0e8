"""Which dimensions of a model's inputs are free, fixed, multiples, bounded, or tied to one another: found by calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.arrays import difference_of_leaves
from doctor.trials.probe.varying import Calls, Case

_PLACES = ("height", "width", "depth", "length")
_STEPS = (2, 3, 4, 5, 6, 7, 8, 16, 32)


def batch_of(calls: Calls) -> dict[str, Any]:
    """Say what the batch dimension takes, after batches of 1, 2, 8 and the size that the model states were called."""
    works = {}
    stated = {t.shape[t.batch] for t in calls.signature.inputs if t.batch >= 0} - {None, 1, 2, 8}
    for rows in (1, 2, 8, *sorted(n for n in stated if n)):
        case = calls.case("batch of {}".format(rows), rows=rows, weight=rows)
        if case is not None:
            works[rows] = case.works
    good = [n for n, ok in works.items() if ok]
    if len(works) > 1 and len(good) == len(works):
        return {"says": "free"}
    if len(good) == 1 and len(works) >= 3:
        return {"says": "fixed", "size": good[0]}
    if works.get(1) is False and works.get(2):
        return {"says": "at least", "size": 2}
    return {"says": "unknown"}


class Dimensions:
    """What calls say of every dimension but the batch."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._inputs = calls.signature.inputs
        self.found: dict[tuple[int, int], dict[str, Any]] = {}

    def explore(self) -> None:
        """Vary each dimension alone, then those that didn't vary alone together with others."""
        stiff = []
        for key in self._all():
            said = self._alone(key)
            self.found[key] = said
            if said["says"] == "fixed" and not said.get("unchecked"):
                stiff.append(key)
        for key in stiff:
            tied = self._tied(key, stiff)
            if tied:
                self.found[key] = tied
        self._name_unequal(stiff)

    def _all(self) -> list[tuple[int, int]]:
        keys = []
        for i, taken in enumerate(self._inputs):
            if taken.kind in ("table", "text"):
                continue
            keys += [(i, d) for d in range(len(taken.sizes)) if d != taken.batch]
        return keys

    def _size(self, key: tuple[int, int]) -> int:
        return self._inputs[key[0]].sizes[key[1]]

    def _means(self, key: tuple[int, int]) -> str:
        return self._inputs[key[0]].means[key[1]]

    def label(self, key: tuple[int, int]) -> str:
        """Return what messages call a dimension: "time of price", "dimension 1 of x"."""
        means = self._means(key) or "dimension {}".format(key[1])
        return "{} of {}".format(means, self._inputs[key[0]].name)

    def _call(self, sizes: dict[tuple[int, int], int], *, quiet: bool = True) -> Case | None:
        name = ", ".join("{} {}".format(self.label(k), n) for k, n in sorted(sizes.items()))
        bigger = max([n / float(max(1, self._size(k))) for k, n in sizes.items()] + [1.0])
        return self._calls.case(name, sizes=sizes, weight=bigger, quiet=quiet)

    def _works(self, key: tuple[int, int], size: int) -> bool | None:
        """Say whether a size of one dimension works; None where it wasn't tried."""
        case = self._call({key: size}) if size > 0 else None
        return None if case is None else case.works

    def _alone(self, key: tuple[int, int]) -> dict[str, Any]:
        size = self._size(key)
        more, less = self._works(key, size + 1), self._works(key, size - 1)
        self._show(key, size + 1)
        if more is None:
            return {"says": "unknown", "size": size}
        if more and self._unchecked(key, size + 1):
            return self._shared(key) or {"says": "fixed", "size": size, "unchecked": True}
        far = 32 if self._means(key) in _PLACES and size > 64 else size
        far_more = self._works(key, size + far)
        far_less = self._works(key, max(1, size - max(far // 2, 1)))
        if far_more is False and more:
            self._show(key, size + far)
            return {"says": "at most", "size": self._edge(key, size + 1, size + far)}
        if more:
            if far_less is False:
                self._show(key, max(1, size - max(far // 2, 1)))
                return {"says": "at least", "size": self._edge(key, size, max(1, size - max(far // 2, 1)))}
            self._show(key, size + far)
            return {"says": "free", "size": size}
        return self._stepped(key, size, less=bool(less), far=bool(far_more))

    def _unchecked(self, key: tuple[int, int], size: int) -> bool:
        """
        Say whether a size is taken only because nobody looks.

        A TorchScript LSTM reads past the end of a row of other width, and answers whatever lies there.
        """
        base, case = self._calls.case("the plain call", quiet=True), self._call({key: size})
        if base is None or case is None or self._means(key) not in ("features", "channels"):
            return False
        again = self._call_again({key: size})
        if case.finite and again is not None and not difference_of_leaves(case.found, again.found, None, None):
            taken = self._inputs[key[0]]
            return bool(taken.shared) or (taken.stated and taken.shape[key[1]] is not None)
        return base.finite

    def _shared(self, key: tuple[int, int]) -> dict[str, Any]:
        """Say with which inputs one shares the width of a layer that doesn't look at it."""
        width = self._inputs[key[0]].shared
        others = [
            (i, t.means.index("features"))
            for i, t in enumerate(self._inputs)
            if width and i != key[0] and t.shared == width and "features" in t.means
        ]
        if not others:
            return {}
        places = [self._place(o) for o in others]
        return {"says": "joined", "size": self._size(key), "sum": width, "with": places, "unchecked": True}

    def _call_again(self, sizes: dict[tuple[int, int], int]) -> Case | None:
        return self._calls.case("the same again", sizes=sizes, quiet=True)

    def _stepped(self, key: tuple[int, int], size: int, *, less: bool, far: bool) -> dict[str, Any]:
        """Say what a dimension is that takes no size one larger."""
        if less:
            return {"says": "at most", "size": size}
        for step in _STEPS if far or self._means(key) in _PLACES else ():
            if self._works(key, size + step) and size % step == 0:
                self._show(key, size + step)
                return {"says": "multiple", "of": step, "size": size}
        if size > 1:
            self._show(key, size - 1)
        return {"says": "fixed", "size": size}

    def _edge(self, key: tuple[int, int], good: int, bad: int) -> int:
        """Return the last size that works between one that does and one that doesn't."""
        for _ in range(12):
            middle = (good + bad) // 2
            if middle in (good, bad):
                break
            works = self._works(key, middle)
            if works is None:
                break
            good, bad = (middle, bad) if works else (good, middle)
        return good

    def _show(self, key: tuple[int, int], size: int) -> None:
        self._calls.show(self._call({key: size}))

    def _tied(self, key: tuple[int, int], stiff: list[tuple[int, int]]) -> dict[str, Any]:
        """Say to which others a dimension is tied: it takes another size where they take it too."""
        size = self._size(key)
        for others in self._groups(key, stiff):
            case = self._call({k: self._size(k) + 1 for k in (key, *others)})
            if case is not None and case.works:
                self._calls.show(case)
                return {"says": "tied", "size": size, "with": [self._place(o) for o in others]}
        for other in stiff:
            joined = other[0] != key[0] and self._means(other) == self._means(key) == "features"
            if joined and self._size(other) > 1:
                case = self._call({key: size + 1, other: self._size(other) - 1})
                if case is not None and case.works:
                    self._calls.show(case)
                    total = size + self._size(other)
                    return {"says": "joined", "size": size, "sum": total, "with": [self._place(other)]}
        return {}

    def _groups(self, key: tuple[int, int], stiff: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        """Yield dimensions that may have to agree with one: one by one, then all of its meaning."""
        alike = [k for k in stiff if k != key and self._size(k) == self._size(key)]
        alike.sort(key=lambda k: (self._means(k) != self._means(key), k[0] == key[0]))
        for other in alike[:6]:
            yield [other]
        same = [k for k in alike if self._means(k) == self._means(key) and self._means(key)]
        if len(same) > 1:
            yield same

    def _place(self, key: tuple[int, int]) -> dict[str, Any]:
        return {"input": self._inputs[key[0]].name, "dimension": key[1], "means": self._means(key)}

    def _name_unequal(self, stiff: list[tuple[int, int]]) -> None:
        """Call the failure of inputs that must have one length by that name."""
        for key in stiff:
            if self.found[key]["says"] != "tied" or self._means(key) not in ("time", "length"):
                continue
            names = [p["input"] for p in self.found[key]["with"] if p["input"] != self._inputs[key[0]].name]
            case = self._call({key: self._size(key) + 1})
            if case is not None and names:
                mine, size = self._inputs[key[0]].name, self._size(key)
                case.name = "unequal lengths: {} {}, {} {}".format(mine, size + 1, ", ".join(names), size)
                return
