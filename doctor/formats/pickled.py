"""
Pickles and joblib files: what they name, what loading them would call, which versions they record.

Nothing is unpickled: opcodes are followed over inert values (``doctor/formats/opcodes.py``).
"""

from __future__ import annotations

from typing import Any

from doctor.errors import Unreadable
from doctor.formats.bytecode import Span, code_span, narrowed
from doctor.formats.compressed import compression, inflated
from doctor.formats.inert import Call, Skipped, brief
from doctor.formats.joblibbed import WRAPPER, Arrays
from doctor.formats.kinds.base import ModelFile, Port, Symbol
from doctor.formats.kinds.pickled import Called, Estimator, PickleFacts
from doctor.formats.opcodes import Scan, scan
from doctor.formats.stream import Stream

_MOST_ESTIMATORS = 10_000
_MOST_CALLED = 1_000
_LONGEST_SETTING = 60


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
        self._estimators: dict[Estimator, None] = {}
        self._nested: list[Scan] = []
        self._span: Span | None = None
        self._arrays = Arrays(self._nested.append)
        hooks = {WRAPPER: self._arrays.take}
        self._scan = scan(body, made=self._made, built=self._built, raw=hooks, partial=not compressed)

    def file(self, path: str, size: int) -> ModelFile:
        """Return all of it as values."""
        joblib = bool(self._arrays.count or self._compressed)
        found = [self._scan, *self._nested]
        facts = PickleFacts(
            protocol=self._scan.protocol,
            compression=self._compressed,
            joblib=joblib,
            root=_class_of(self._scan.value),
            estimators=tuple(self._estimators),
            called=tuple(
                Called(s, brief(c.args)) for scan in found for s, c in list(scan.applied.items())[:_MOST_CALLED]
            ),
            code_from=self._span.oldest if self._span else "",
            code_to=self._span.newest if self._span else "",
            truncated_at=self._scan.truncated_at,
            unresolved=sum(s.unresolved for s in found),
        )
        symbols = tuple(dict.fromkeys(s for scan in found for s in scan.symbols))
        return ModelFile(
            path, "joblib" if joblib else "pickle", size, self._writer(), symbols,
            inputs=self._inputs(), tensors=tuple(self._arrays.tensors), facts=facts,
        )  # fmt: skip

    def _made(self, call: Call) -> None:
        if _is_code_type(call.function):
            self._span = narrowed(self._span, code_span(call.args))

    def _built(self, call: Call) -> None:
        state = call.state[0] if isinstance(call.state, tuple) and call.state else call.state
        if not isinstance(state, dict) or len(self._estimators) >= _MOST_ESTIMATORS:
            return
        version = state.get("_sklearn_version")
        symbol = _class_of(call)
        if isinstance(version, str) and symbol is not None:
            features = state.get("n_features_in_")
            count = features if isinstance(features, int) and features >= 0 else None
            self._estimators[Estimator(symbol, version, count, _settings(state))] = None

    def _writer(self) -> dict[str, str]:
        writer: dict[str, str] = {}
        versions = {e.version for e in self._estimators}
        if len(versions) == 1:
            writer["scikit-learn"] = versions.pop()
        if self._span and self._span.oldest == self._span.newest:
            writer["python"] = self._span.oldest
        return writer

    def _inputs(self) -> tuple[Port, ...]:
        counts = [e.features for e in self._estimators if e.features is not None]
        root = self._scan.value
        state = root.state if isinstance(root, Call) and isinstance(root.state, dict) else {}
        own = state.get("n_features_in_")
        if isinstance(own, int):
            return (Port("X", "float64", (None, own)),)
        return (Port("X", "float64", (None, counts[0])),) if counts and len(set(counts)) == 1 else ()


def _settings(state: dict[Any, Any]) -> tuple[tuple[str, str], ...]:
    """Constructor parameters that are plain values: scikit-learn's fitted attributes end in an underscore."""
    plain = (str, int, float, bool, type(None))
    chosen = ((k, v) for k, v in state.items() if isinstance(k, str) and not k.endswith("_") and not k.startswith("_"))
    return tuple((k, repr(v)) for k, v in chosen if isinstance(v, plain) and len(repr(v)) <= _LONGEST_SETTING)


def _class_of(value: Any) -> Symbol | None:
    """The class of an inert object, whichever way its pickle makes it."""
    if not isinstance(value, Call) or isinstance(value, Skipped):
        return None
    if isinstance(value.function, Symbol) and value.function.name in {"_reconstructor", "__newobj__", "__newobj_ex__"}:
        first = value.args[0] if isinstance(value.args, tuple) and value.args else None
        return first if isinstance(first, Symbol) else None
    return value.function if isinstance(value.function, Symbol) else None


def _is_code_type(function: Any) -> bool:
    """Whether a call makes a code object: through types.CodeType, or cloudpickle's ``_builtin_type("CodeType")``."""
    if isinstance(function, Call):
        return isinstance(function.function, Symbol) and function.args == ("CodeType",)
    return isinstance(function, Symbol) and function.name == "CodeType"
