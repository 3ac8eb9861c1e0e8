"""
Outputs and environments as ``doctor.json`` keeps them, written at training time and compared when it serves.

Used in training code as well (``doctor/capture.py``), so nothing but the standard library is imported here either.
"""

from __future__ import annotations

import json
import platform
import struct
import sys
from typing import Any

from doctor.trials.probe import arrays

SCHEMA = 1
NAME = "doctor.json"
MOST_VALUES = 4096  # of one output that are kept and compared
MOST_OUTPUTS = 64
LARGEST = 16 << 20  # of a doctor.json, in bytes
WRITTEN = "float"  # dtype of numbers that are read from a text
TOLERANCES = dict(arrays.TOLERANCE, float=(1e-4, 1e-5))
_NPY = b"\x93NUMPY"


def outputs_of(value: Any) -> list[dict[str, Any]]:
    """Return name, dtype, shape and values of each array or single value in a structure, of any framework."""
    found = []
    for leaf in arrays.leaves(value)[:MOST_OUTPUTS]:
        plain = [_plain(x) for x in leaf.flat[:MOST_VALUES]]
        found.append({"name": leaf.name, "dtype": leaf.dtype, "shape": list(leaf.shape), "values": plain})
    return found


def of_answer(answer: Any) -> list[dict[str, Any]]:
    """Return the outputs that an answer's body holds: JSON, CSV, NumPy's format, else its text."""
    if isinstance(answer, (bytes, bytearray)) and bytes(answer[:6]) == _NPY:
        found = _of_npy(bytes(answer))
        if found is not None:
            return found
    text = answer if isinstance(answer, str) else bytes(answer).decode("utf-8", "replace")
    try:
        return _of_text(json.loads(text))
    except (ValueError, RecursionError):
        pass
    try:
        return _of_text([[float(cell) for cell in line.split(",")] for line in text.strip().splitlines()])
    except ValueError:
        return outputs_of(text)


def _of_text(value: Any) -> list[dict[str, Any]]:
    """Return outputs of a text, which doesn't tell how precise the numbers were before they were written."""
    found = outputs_of(value)
    for one in found:
        one["dtype"] = WRITTEN if one["dtype"] in ("float64", "float") else one["dtype"]
    return found


def _of_npy(data: bytes) -> list[dict[str, Any]] | None:
    import ast

    size = struct.unpack_from("<H", data, 8)[0] if data[6:7] == b"\x01" else struct.unpack_from("<I", data, 8)[0]
    start = (10 if data[6:7] == b"\x01" else 12) + size
    try:
        header = ast.literal_eval(data[start - size : start].decode("latin-1").strip())
        kinds = {"<f4": ("f", "float32"), "<f8": ("d", "float64"), "<i8": ("q", "int64"), "<i4": ("i", "int32")}
        code, dtype = kinds[header["descr"]]
        count = (len(data) - start) // struct.calcsize(code)
        values = struct.unpack_from("<{}{}".format(min(count, MOST_VALUES), code), data, start)
    except Exception:
        return None
    return [{"name": "", "dtype": dtype, "shape": list(header["shape"]), "values": [_plain(v) for v in values]}]


def _plain(value: Any) -> Any:
    """Return a value as strict JSON holds it: no NaN, no infinity."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"float": repr(value)}
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    return repr(value)[:200]


def number(value: Any) -> Any:
    """Return a value that `outputs_of` wrote as it was."""
    if isinstance(value, dict) and isinstance(value.get("float"), str):
        try:
            return float(value["float"])
        except ValueError:
            return None
    return value


def environment() -> dict[str, Any]:
    """Return this process's Python, platform, and the versions of the packages that it has imported."""
    system = "-".join(part for part in (platform.system(), platform.machine(), *platform.libc_ver()) if part)
    return {"python": platform.python_version(), "platform": system, "packages": imported()}


def imported() -> dict[str, str]:
    """Return the distributions of the modules that are imported, with their versions; nothing before Python 3.8."""
    try:
        from importlib import metadata
    except ImportError:
        return {}
    tops = {name.split(".")[0] for name in list(sys.modules) if not name.startswith("_")}
    found = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name and tops & _modules_of(distribution, name):
            found[name] = distribution.version
    return dict(sorted(found.items()))


def _modules_of(distribution: Any, name: str) -> set[str]:
    told = distribution.read_text("top_level.txt")
    if told:
        return set(told.split())
    found = set()
    for file in distribution.files or ():
        if len(file.parts) > 1 and file.parts[1] == "__init__.py":
            found.add(file.parts[0])
        elif len(file.parts) == 1 and file.suffix == ".py":
            found.add(file.stem)
    return found or {name.replace("-", "_")}


def differences(expected: list[dict[str, Any]], found: list[dict[str, Any]], tolerances: Any) -> list[dict[str, Any]]:
    """
    Return where outputs differ, at most one place for each output: name, index, expected, found, dtype, off.

    Args:
        expected: as `outputs_of` wrote them.
        found: now.
        tolerances: (relative, absolute) by dtype; a dtype that isn't there has that of `arrays.tolerance`.
    """
    told: list[dict[str, Any]] = []
    if [o["name"] for o in expected] != [o["name"] for o in found]:
        names = [sorted(o["name"] for o in side) for side in (expected, found)]
        return [{"name": "", "index": -1, "expected": names[0], "found": names[1], "dtype": "", "off": 0}]
    for one, other in zip(expected, found):
        if list(one["shape"]) != list(other["shape"]):
            told.append(_differs(one, -1, list(one["shape"]), list(other["shape"]), 0))
            continue
        worst = _worst(one, other, tolerances)
        if worst is not None:
            told.append(worst)
    return told


def _worst(one: dict[str, Any], other: dict[str, Any], tolerances: Any) -> dict[str, Any] | None:
    given = tolerances.get(one["dtype"]) if isinstance(tolerances, dict) else None
    relative, absolute = given or TOLERANCES.get(one["dtype"]) or arrays.tolerance(one["dtype"])
    first, off = None, 0
    for index, (x, y) in enumerate(zip(one["values"], other["values"])):
        a, b = number(x), number(y)
        if not _same(a, b, relative, absolute):
            off += 1
            first = first or _differs(one, index, x, y, 0)
    if first is not None:
        first["off"] = off
    return first


def _differs(output: dict[str, Any], index: int, expected: Any, found: Any, off: int) -> dict[str, Any]:
    return {
        "name": output["name"],
        "index": index,
        "expected": expected,
        "found": found,
        "dtype": output["dtype"],
        "off": off,
    }


def _same(a: Any, b: Any, relative: float, absolute: float) -> bool:
    if a == b:
        return True
    numeric = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b))
    if not numeric:
        return False
    if a != a or b != b:
        return bool(a != a and b != b)
    return bool(abs(a - b) <= absolute + relative * max(abs(a), abs(b)))
