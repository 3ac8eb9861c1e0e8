"""What any Python object holds, found by the way in which pickle would take it apart: arrays, numbers and texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from doctor.trials.probe.frameworks.base import Parameter, of_array, of_value

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
_MOST = 200000  # objects that are looked at


def values(root: Any, name: str = "") -> Iterator[Parameter]:
    """
    Yield the arrays and values below an object, each with its path.

    Functions, classes and modules are known by name only; of objects that pickle can't take apart only the class is.
    """
    seen: dict[int, Any] = {}  # holds them too, so that no id is used again
    waiting = [(name, root)]
    while waiting and len(seen) < _MOST:
        path, value = waiting.pop()
        if isinstance(value, _PLAIN):
            yield of_value(path, value)
        elif _is_array(value):
            if getattr(value.dtype, "hasobject", False):
                waiting.extend((f"{path}[{i}]", v) for i, v in enumerate(value.ravel().tolist()))
            yield of_array(path, value) if not value.dtype.hasobject else of_value(path, tuple(value.shape))
        elif id(value) not in seen:
            seen[id(value)] = value
            inner = _inside(path, value)
            if inner is None:
                yield of_value(path, _named(value))
            else:
                waiting.extend(inner)


def _is_array(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "dtype") and hasattr(value, "tobytes")


def _named(value: Any) -> str:
    kind = value if isinstance(value, type) or hasattr(value, "__qualname__") else type(value)
    return "{}.{}".format(getattr(kind, "__module__", ""), getattr(kind, "__qualname__", ""))


def _inside(path: str, value: Any) -> list[tuple[str, Any]] | None:
    if isinstance(value, dict):
        return [(f"{path}[{key!r}]", inner) for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        return [(f"{path}{{}}", sorted(map(repr, value)))]
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return None
    return _taken_apart(path, value)


def _taken_apart(path: str, value: Any) -> list[tuple[str, Any]] | None:
    try:
        taken = value.__reduce_ex__(2)
    except Exception:
        return None
    if not isinstance(taken, tuple):
        return None
    state = taken[2] if len(taken) > 2 else None
    found = [(f"{path}({index})", argument) for index, argument in enumerate(taken[1] or ())]
    if isinstance(state, dict):
        found += [(f"{path}.{key}".lstrip("."), inner) for key, inner in state.items()]
    elif state is not None:
        found.append((path + ".state", state))
    for index, items in enumerate(taken[3:5]):
        if items is not None:
            found.append((f"{path}.items{index}", list(items)))
    return found
