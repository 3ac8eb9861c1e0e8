"""
Pickles and joblib files: what they name, what loading them would call, which versions they record.

Nothing is unpickled: opcodes are followed over inert values (``doctor/formats/opcodes.py``).
"""

from __future__ import annotations

from typing import Any

from doctor.errors import Unreadable
from doctor.formats.boosted import Boosted, booster
from doctor.formats.bytecode import Span, Used, code_span, narrowed, used
from doctor.formats.compressed import compression, inflated
from doctor.formats.estimators import class_of, estimator, reached, state_of
from doctor.formats.inert import Call, brief
from doctor.formats.joblibbed import WRAPPER, Arrays
from doctor.formats.kinds.base import ModelFile, Port, Symbol
from doctor.formats.kinds.pickled import Called, Estimator, PickleFacts
from doctor.formats.opcodes import Scan, scan
from doctor.formats.stream import Stream

_MOST_ESTIMATORS = 10_000
_MOST_CALLED = 1_000


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return what a pickle or joblib file says of itself.

    Raises Unreadable where it is neither, or where its compressed data is damaged. A plain one that is cut short is
    returned with what was seen of it, and `truncated_at`.
    """
    word = compression(stream.peek(8))
    body = inflated(stream, word) if word else stream
    if word and not _begins_as_pickle(body):
        raise Unreadable(f"{word} data that is no pickle")
    return _Reading(body, word.removesuffix("-old")).file(path, size)


def _begins_as_pickle(body: Stream) -> bool:
    head = body.peek(2)
    return (head[:1] == b"\x80" and head[1:2] <= b"\x05") or head[:1] in {b"(", b"c", b"]", b"}", b"I"}


class _Reading:
    """One pass over a pickle, with what is gathered on the way."""

    def __init__(self, body: Stream, compressed: str) -> None:
        self._compressed = compressed
        self._inside: dict[Estimator, None] = {}
        self._nested: list[Scan] = []
        self._span: Span | None = None
        self._codes: Used | None = Used(frozenset(), frozenset())
        self._booster: Boosted | None = None
        self._arrays = Arrays(self._nested.append)
        hooks = {WRAPPER: self._arrays.take}
        self._scan = scan(body, made=self._made, built=self._built, raw=hooks, partial=not compressed)
        self._estimators = self._all()

    def file(self, path: str, size: int) -> ModelFile:
        """Return all of it as values."""
        joblib = bool(self._arrays.count or self._compressed)
        found = [self._scan, *self._nested]
        facts = PickleFacts(
            protocol=self._scan.protocol,
            compression=self._compressed,
            joblib=joblib,
            root=class_of(self._scan.value),
            estimators=self._estimators,
            called=tuple(
                Called(s, brief(c.args), len(c.state) if isinstance(c.state, tuple) else -1)
                for scan in found
                for s, c in list(scan.applied.items())[:_MOST_CALLED]
            ),
            code_from=self._span.oldest if self._span else "",
            code_to=self._span.newest if self._span else "",
            codes=self._codes.always if self._codes else frozenset(),
            codes_handling=self._codes.rare if self._codes else frozenset(),
            truncated_at=self._scan.truncated_at,
            unresolved=sum(s.unresolved for s in found),
            padding=self._arrays.padding,
            booster=self._booster.kind if self._booster else "",
        )
        symbols = tuple(dict.fromkeys(s for scan in found for s in scan.symbols))
        return ModelFile(
            path, "joblib" if joblib else "pickle", size, self._writer(), symbols,
            inputs=self._inputs(), tensors=tuple(self._arrays.tensors), facts=facts,
        )  # fmt: skip

    def _made(self, call: Call) -> None:
        if _is_code_type(call.function):
            self._span = narrowed(self._span, code_span(call.args))
            code = used(call.args)
            self._codes = self._codes | code if code.always and self._codes is not None else None

    def _built(self, call: Call) -> None:
        if len(self._inside) < _MOST_ESTIMATORS and (found := estimator(call)):
            self._inside[found] = None
        self._booster = _newer(self._booster, booster(call))

    def _all(self) -> tuple[Estimator, ...]:
        """Return the estimators, those that requests reach first."""
        met = dict.fromkeys(reached(self._scan.value))
        known = {e._replace(role="inside", parts=()) for e in met}
        return (*met, *(e for e in self._inside if e not in known))

    def _writer(self) -> dict[str, str]:
        found = self._booster
        writer = {found.library: found.version} if found and found.version else {}
        versions = {e.version for e in self._estimators}
        if len(versions) == 1:
            writer["scikit-learn"] = versions.pop()
        if self._span and self._span.oldest == self._span.newest:
            writer["python"] = self._span.oldest
        return writer

    def _inputs(self) -> tuple[Port, ...]:
        counts = [e.features for e in self._estimators if e.features is not None]
        own = state_of(self._scan.value).get("n_features_in_")
        if type(own) is int and own >= 0:
            return (Port("X", "float64", (None, own)),)
        return (Port("X", "float64", (None, counts[0])),) if counts and len(set(counts)) == 1 else ()


def _is_code_type(function: Any) -> bool:
    """Whether a call makes a code object: through types.CodeType, or cloudpickle's ``_builtin_type("CodeType")``."""
    if isinstance(function, Call):
        return isinstance(function.function, Symbol) and function.args == ("CodeType",)
    return isinstance(function, Symbol) and function.name == "CodeType"


def _newer(known: Boosted | None, found: Boosted | None) -> Boosted | None:
    """Return what says more: LightGBM's booster tells version 4 alone, what wraps it tells the older ones."""
    if found is None or (known is not None and (known.kind == "4" or not found.kind)):
        return known
    return found
