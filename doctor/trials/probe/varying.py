"""Calls of a model, one variation at a time, each with its result; none of them ends the step."""

from __future__ import annotations

import re
import time
from typing import Any

from doctor.trials.probe import arrays, calling, failures, randomness
from doctor.trials.probe.arrays import Leaf
from doctor.trials.probe.inputs.making import example
from doctor.trials.probe.inputs.values import Signature

_MOST_WORDS = 1000
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


class Case:
    """
    One call.

    Attributes:
        name: what was varied.
        works: whether it answered.
        found: leaves of what it answered.
        failure: the exception, as `failures.described` has it, shortened.
        rows, sizes: of the example.
    """

    def __init__(self, name: str, variation: dict[str, Any]) -> None:
        self.name = name
        self.works = False
        self.found: list[Leaf] = []
        self.failure: dict[str, Any] = {}
        self.rows: int = variation.get("rows", 1)
        self.sizes: dict[tuple[int, int], int] = variation.get("sizes", {})

    @property
    def finite(self) -> bool:
        """Whether no number of the answer is NaN or infinite."""
        return all(x == x and x not in (_INF, -_INF) for f in self.found for x in f.flat if isinstance(x, float))

    def told(self) -> dict[str, Any]:
        """Return it as the result holds it."""
        said: dict[str, Any] = {"case": self.name, "works": self.works}
        if self.works:
            said["outputs"] = [{"name": f.name, "dtype": f.dtype, "shape": list(f.shape)} for f in self.found[:20]]
            said["finite"] = self.finite
        else:
            said["failure"] = self.failure
        return said


_INF = float("inf")


class Calls:
    """
    Calls of one model within a time.

    Args:
        model: as it was loaded.
        signature: what it takes.
        model_dir: where the artifact lies.
        seconds: that all calls may take.
    """

    def __init__(self, model: Any, signature: Signature, model_dir: str, seconds: float) -> None:
        self.signature = signature
        self.cases: list[Case] = []
        self.not_tried: list[str] = []
        self.rows = 1  # of examples where nothing else is said
        self._model = model
        self._model_dir = model_dir
        self._until = time.time() + seconds
        self._longest = 0.0
        self._done: dict[Any, Case] = {}

    def case(self, name: str, *, weight: float = 1.0, quiet: bool = False, **variation: Any) -> Case | None:
        """
        Return one call; None where no time is left for it.

        Args:
            name: what is varied.
            weight: how much longer than a plain call it may take.
            quiet: whether it's left out of the cases that are told.
            variation: as `making.Variation` has it.
        """
        variation.setdefault("rows", self.rows)
        key = repr(sorted((k, sorted(v.items()) if isinstance(v, dict) else v) for k, v in variation.items()))
        if key in self._done and name != "the same again":
            return self._done[key]
        if time.time() + self._longest * weight > self._until:
            self.not_tried.append("{}: no time left".format(name))
            return None
        case = Case(name, variation)
        began = time.time()
        try:
            answer = calling.call(self._model, example(self.signature, **variation))
            case.found = [leaf for leaf in arrays.leaves(answer) if leaf.shape or leaf.flat]  # no caches of their own
            case.works = True
        except Exception as error:
            case.failure = shortened(failures.described(error, "predict", self._model_dir))
        self._longest = max(self._longest, (time.time() - began) / max(1.0, weight))
        self._done[key] = case
        if not quiet:
            self.cases.append(case)
        return case

    def drawn(self) -> list[str]:
        """Return the operators that draw random numbers in one more call."""
        return randomness.drawn(lambda: calling.call(self._model, example(self.signature, rows=self.rows)))

    def over(self) -> bool:
        """Say whether the time is over."""
        return time.time() + self._longest > self._until

    def show(self, case: Case | None) -> None:
        """Have a quiet case told after all."""
        if case is not None and case not in self.cases:
            self.cases.append(case)


def shortened(failure: dict[str, Any]) -> dict[str, Any]:
    """Return a failure with short texts: many cases fail in one step."""
    out = dict(failure)
    for key in ("message", "line"):
        text = _COLOURS.sub("", str(out[key]))
        out[key] = text if len(text) <= _MOST_WORDS else text[:300] + " … " + text[-600:]
    out["traceback"] = list(out["traceback"])[-12:]
    return out
