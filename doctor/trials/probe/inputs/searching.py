"""Trying inputs on a model until a call works, and learning from what its errors say about sizes."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from doctor.trials.probe.inputs.values import Input

MOST_TRIES = 300
_LEARNED = 8  # combinations whose errors are followed
_EACH = 30  # tries for each of them
_FREE = ("time", "length", "height", "width", "depth", "features", "")
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_MATRICES = re.compile(r"(\d+)\s?x\s?(\d+) and (\d+)\s?x\s?(\d+)|\[(\d+) x (\d+)\].*\[(\d+) x (\d+)\]")

Assignment = "tuple[Input, ...]"


class Search:
    """
    A search for inputs that a model takes.

    Args:
        call: takes inputs, calls the model with an example of them; raises what the model raises.
        seconds: that it may take.
    """

    def __init__(self, call: Callable[[tuple[Input, ...]], Any], seconds: float) -> None:
        self._call = call
        self._until = time.time() + seconds
        self._seen: set[Any] = set()
        self.tries = 0
        self.first = ""

    def over(self, candidates: list[list[Input]]) -> tuple[Input, ...] | None:
        """Return the first combination that works, else one made of it by its error."""
        learned = 0
        for inputs in _by_priority(candidates):
            if self._over():
                break
            error = self._tried(inputs)
            if error is None:
                return inputs
            if error and learned < _LEARNED:
                learned += 1
                found = self._learning(inputs, error, self.tries + _EACH)
                if found is not None:
                    return found
        return None

    def _learning(self, inputs: tuple[Input, ...], error: str, most: int) -> tuple[Input, ...] | None:
        """Return inputs mended by what errors say, one error after another, within a number of tries."""
        queue = [(inputs, error)]
        while queue:
            at, said = queue.pop(0)
            for changed in mended(at, said):
                if self._over() or self.tries >= most:
                    return None
                again = self._tried(changed)
                if again is None:
                    return changed
                if again and again != said:
                    queue.append((changed, again))
        return None

    def _tried(self, inputs: tuple[Input, ...]) -> str | None:
        """Return None where a call works, else what its error says ("" where it was tried before)."""
        key = tuple((i.dtype, i.sizes, i.means, i.below) for i in inputs)
        if key in self._seen:
            return ""
        self._seen.add(key)
        self.tries += 1
        try:
            self._call(inputs)
        except Exception as error:
            said = _last_words(str(error))
            self.first = self.first or "{}: {}".format(type(error).__name__, said)
            return said or type(error).__name__
        return None

    def _over(self) -> bool:
        return self.tries >= MOST_TRIES or time.time() > self._until


def _last_words(error: str) -> str:
    """Return what an error says itself, without the places in TorchScript's own code."""
    if "TorchScript" not in error:
        return error
    lines = [line for line in error.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _by_priority(candidates: list[list[Input]]) -> Iterator[tuple[Input, ...]]:
    """Yield combinations, those of the likeliest candidates first."""
    ranks = sorted(itertools.product(*[range(min(len(c), 8)) for c in candidates]), key=lambda r: (sum(r), r))
    for rank in ranks[:2000]:
        yield tuple(c[i] for c, i in zip(candidates, rank))


def mended(inputs: tuple[Input, ...], error: str) -> Iterator[tuple[Input, ...]]:
    """Yield inputs with other sizes, as an error's numbers suggest them."""
    for way in (_by_matrices, _by_rest):
        for changed in way(inputs, error):
            yield changed
    said = list(dict.fromkeys(int(n) for n in _NUMBER.findall(error) if 0 < int(n) < 100000))[:8]
    numbers = sorted(said, key=lambda n: n <= 2)  # 1 fits by broadcasting only, 2 is the batch
    for means in _FREE:
        for number in numbers:
            changed = _resized(inputs, means, number)
            if changed != inputs:
                yield changed
    for number in numbers:  # one input alone
        for i, taken in enumerate(inputs):
            for d, meaning in enumerate(taken.means):
                if meaning in ("features", "channels", "time", "") and len(inputs) > 1 and taken.sizes[d] != number:
                    yield inputs[:i] + (sized(taken, d, number),) + inputs[i + 1 :]


def _by_rest(inputs: tuple[Input, ...], error: str) -> Iterator[tuple[Input, ...]]:
    """Yield features of one input that leave room for what is joined to them: 20 came where 12 are wanted."""
    numbers = [int(n) for n in re.findall(r"\d+", error)][:8]
    for i, taken in enumerate(inputs if len(inputs) > 1 else ()):
        if "features" not in taken.means:
            continue
        d = taken.means.index("features")
        for have in numbers:
            for want in numbers:
                size = taken.sizes[d] + want - have
                if have > want and have > taken.sizes[d] and size > 0:
                    yield inputs[:i] + (sized(taken, d, size),) + inputs[i + 1 :]


def _by_matrices(inputs: tuple[Input, ...], error: str) -> Iterator[tuple[Input, ...]]:
    """Yield sizes at which what was flattened fits the linear layer after it: (2x1600 and 400x10)."""
    match = _MATRICES.search(error)
    if not match:
        return
    have, want = [int(n) for n in match.groups() if n is not None][1:3]
    for means in (("height", "width"), ("length",), ("time",), ("depth", "height", "width")):
        now = next((t.sizes[t.means.index(means[-1])] for t in inputs if set(means) <= set(t.means)), 0)
        if not now:
            continue
        guess = round(now * (want / float(have)) ** (1.0 / len(means)))
        near = sorted(range(max(1, guess - 12), guess + 13), key=lambda s: (abs(s - guess), s))
        likely = [s for s in (28, 32, 64, 96, 128, 224, 256) if abs(s - guess) <= 12]
        for size in list(dict.fromkeys(likely + near)):
            changed = inputs
            for meaning in means:
                changed = _resized(changed, meaning, size)
            yield changed


def _resized(inputs: tuple[Input, ...], meaning: str, size: int) -> tuple[Input, ...]:
    """Return inputs with another size of every dimension of a meaning."""
    out = []
    for taken in inputs:
        changed = taken
        for d, found in enumerate(taken.means):
            if found == meaning:
                changed = sized(changed, d, size)
        out.append(changed)
    return tuple(out)


def sized(taken: Input, dimension: int, size: int) -> Input:
    """Return an input with another size of one dimension."""
    sizes = taken.sizes[:dimension] + (size,) + taken.sizes[dimension + 1 :]
    shape = taken.shape
    if shape[dimension] is not None:
        shape = shape[:dimension] + (size,) + shape[dimension + 1 :]
    return taken._replace(sizes=sizes, shape=shape)
