"""scikit-learn's estimators in a pickle: what each records, and which of them a request reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.formats.inert import Call
from doctor.formats.kinds.base import Symbol
from doctor.formats.kinds.pickled import Estimator, Part

_MOST = 10_000
_MOST_LOOKED_AT = 100_000
_LONGEST_SETTING = 60
_PLAIN = (str, int, float, bool, type(None))
# Estimators that hand each request on to others, and the attribute that holds those.
HANDS_ON = {
    "Pipeline": "steps",
    "FeatureUnion": "transformer_list",
    "ColumnTransformer": "transformers_",
    "GridSearchCV": "best_estimator_",
    "RandomizedSearchCV": "best_estimator_",
    "TransformedTargetRegressor": "regressor_",
}


def class_of(value: Any) -> Symbol | None:
    """Return the class of an inert object, whichever way its pickle makes it; None where it has none."""
    if not isinstance(value, Call):
        return None
    if isinstance(value.function, Symbol) and value.function.name in {"_reconstructor", "__newobj__", "__newobj_ex__"}:
        first = value.args[0] if isinstance(value.args, tuple) and value.args else None
        return first if isinstance(first, Symbol) else None
    return value.function if isinstance(value.function, Symbol) else None


def state_of(value: Any) -> dict[Any, Any]:
    """Return the attributes that an inert object gets; {} where they can't be seen."""
    state = value.state if isinstance(value, Call) else None
    if isinstance(state, tuple) and state:
        state = state[0]
    return state if isinstance(state, dict) else {}


def estimator(call: Any, role: str = "inside") -> Estimator | None:
    """Return what an estimator records of itself, or None for another object."""
    state = state_of(call)
    version = state.get("_sklearn_version")
    symbol = class_of(call)
    if not isinstance(version, str) or symbol is None:
        return None
    features = state.get("n_features_in_")
    count = features if type(features) is int and features >= 0 else None
    return Estimator(symbol, version, count, _settings(state), role, _names(state))


def reached(root: Any) -> Iterator[Estimator]:
    """
    Yield the estimators that a request reaches, as far as containers tell which those are.

    Their role is "answers", or "may-answer" for what an object of another library, or a plain dict, holds.
    """
    pending = [(root, "answers")]
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        value, role = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        found = estimator(value, role)
        if found:
            yield found._replace(parts=tuple(_inside(value)))
            pending += [(part, role) for part in reversed(_handed_on(found, value))]
        else:
            pending += [(part, "may-answer") for part in _held(value, root)]


def _inside(value: Call) -> Iterator[Part]:
    """Yield scikit-learn's objects that an estimator's attributes hold, at any depth, one of each kind."""
    pending: list[Any] = list(state_of(value).values())
    seen: set[int] = {id(value)}
    known: set[Part] = set()
    budget = _MOST_LOOKED_AT
    while pending and budget > 0:
        at = pending.pop()
        if id(at) in seen or not isinstance(at, (Call, dict, list, tuple)):
            continue
        seen.add(id(at))
        symbol = class_of(at)
        if symbol is not None and symbol.module.partition(".")[0] == "sklearn":
            part = Part(symbol, _names(state_of(at)))
            if part not in known:
                known.add(part)
                yield part
        below = _below(at)
        budget -= len(below)
        pending += below


def _below(value: Any) -> list[Any]:
    if isinstance(value, Call):
        return [value.args, value.state, value.items, value.entries]
    return list(value.values() if isinstance(value, dict) else value)[:_MOST]


def _names(state: dict[Any, Any]) -> frozenset[str]:
    return frozenset(k for k in state if isinstance(k, str) and len(k) <= _LONGEST_SETTING)


def _handed_on(found: Estimator, call: Call) -> list[Any]:
    value = state_of(call).get(HANDS_ON.get(found.symbol.name, ""))
    if not isinstance(value, list):
        return [value] if isinstance(value, Call) else []
    entries = (e for e in value if isinstance(e, tuple) and len(e) > 1)
    return [part for e in entries for part in e[1:2] if isinstance(part, Call)]


def _held(value: Any, root: Any) -> list[Any]:
    """Return what a container or an object that is no estimator holds itself."""
    if isinstance(value, dict):
        parts = list(value.values())
    elif isinstance(value, (list, tuple)) and not isinstance(value, Symbol) and len(value) <= _MOST:
        parts = list(value)
    elif isinstance(value, Call):
        parts = [*state_of(value).values(), *(value.entries or {}).values(), *(value.items or [])]
    else:
        return []
    plain = value is root
    return [p for p in parts if isinstance(p, Call) or (plain and isinstance(p, (dict, list, tuple)))]


def _settings(state: dict[Any, Any]) -> tuple[tuple[str, str], ...]:
    """Return constructor parameters that are plain values: fitted attributes end in an underscore."""
    chosen = ((k, v) for k, v in state.items() if isinstance(k, str) and not k.endswith("_") and not k.startswith("_"))
    plain = [(k, repr(v)) for k, v in chosen if isinstance(v, _PLAIN) and len(repr(v)) <= _LONGEST_SETTING]
    classes, coefficients = _shape(state.get("classes_")), _shape(state.get("coef_"))
    if len(classes) == 1:
        plain.append(("(classes)", "more" if classes[0] > 2 else "two"))
    if coefficients:
        plain.append(("(coef_)", "row" if len(coefficients) == 1 else "table"))
    if _passes_through(state.get("transformers_")):
        plain.append(("(passes columns through)", "True"))
    return tuple(plain)


def _shape(array: Any) -> tuple[int, ...]:
    """Return an array's shape, as NumPy's state or joblib's wrapper has it; () where it isn't seen."""
    state = array.state if isinstance(array, Call) else None
    if isinstance(state, dict):
        shape = state.get("shape")
    else:
        shape = state[1] if isinstance(state, tuple) and len(state) > 1 else None
    return shape if isinstance(shape, tuple) and all(type(n) is int for n in shape) else ()


def _passes_through(transformers: Any) -> bool:
    """Say whether a fitted ColumnTransformer hands columns on as they are."""
    entries = transformers if isinstance(transformers, list) else []
    triples = (e for e in entries if isinstance(e, tuple) and len(e) == 3)
    return any(e[1] == "passthrough" and isinstance(e[2], list) and e[2] for e in triples)
