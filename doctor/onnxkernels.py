"""Which operators and types of an ONNX model an onnxruntime accepts and has no kernel for, on a CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.onnxruntime import unregistered

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.formats.kinds.onnx import Onnx, Use


class Lack(NamedTuple):
    """What a runtime accepts and can't run, the first that can ("" where none does), the log line, and a way out."""

    what: str
    since: str
    log: str
    instead: str = "export the model with an older operator set: torch.onnx.export(..., opset_version=18)"


def lacks(version: Version, facts: Onnx) -> Lack | None:
    """
    Return the first operator or type of a model for which a runtime has no implementation on a CPU.

    Between two measured runtimes only what both lack is told.
    """
    from packaging.version import Version  # here, for its 4 ms

    table = load("onnx_kernels")
    runtimes = table["runtimes"]
    at = [n for n, text in enumerate(runtimes) if Version(text).release[:2] == version.release[:2]]
    if not at:
        below = [n for n, text in enumerate(runtimes) if Version(text) < version]
        at = [below[-1], below[-1] + 1] if below and below[-1] + 1 < len(runtimes) else []
    if not at:
        return None
    return (
        _operator(table, facts, at)
        or _contrib(table, facts, at, version)
        or _type(table, facts, at)
        or _operator_on_type(table, facts, at)
    )


def _operator(table: Any, facts: Onnx, at: list[int]) -> Lack | None:
    for domain in table["since"]:
        for name in facts.operators.get(domain, ()):
            version = _version(table, facts, domain, name)
            ends = table["without"].get(f"{domain} {name} {version}")
            if ends and _within(ends, table["runtimes"], at) and not (name in _REMOVED and _removed(facts, name)):
                return Lack(
                    f"{name} of operator set {version}", _later(table, ends[1]), _absent(table, at, name, version)
                )
    return None


def _version(table: Any, facts: Onnx, domain: str, name: str) -> int:
    """Return the version of an operator that a model's operator set has; 0 where nothing is known of it."""
    changes = [int(n) for n in table["since"].get(domain, {}).get(name, "").split()]
    return max((n for n in changes if n <= facts.opsets.get(domain, 1)), default=0)


def _absent(table: Any, at: list[int], name: str, version: int) -> str:
    """Return what a runtime says where it finds no kernel."""
    return (
        "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for "
        f"{'the node ' if _is_oldest(table, at) else ''}{name}({version})"
    )


def _is_oldest(table: Any, at: list[int]) -> bool:
    return bool(at[0] < table["runtimes"].index(_NAMES_NODES))


def _later(table: Any, last: str) -> str:
    """Return the first measured runtime after one, "" where there is none."""
    runtimes = table["runtimes"]
    return next(iter(runtimes[runtimes.index(last) + 1 :]), "")


def _removed(facts: Onnx, name: str) -> bool:
    """Say whether all nodes of an operator may be optimized away: not one from the model's input to its output."""
    return not any(u.operator == name and u.domain == "ai.onnx" and u.through for u in facts.uses)


# Identity may be optimized away before it is looked for. From 1.9 on the message has the node's name.
_REMOVED = ("Identity",)
_NAMES_NODES = "1.9.0"
_TYPES = {"float8_e4m3fn": "float8e4m3fn", "float4_e2m1fn": "float4e2m1", "float8_e8m0fnu": "float8e8m0"}


def _within(ends: list[str], runtimes: list[str], at: list[int]) -> bool:
    return runtimes.index(ends[0]) <= min(at) and max(at) <= runtimes.index(ends[1])


def _contrib(table: Any, facts: Onnx, at: list[int], version: Version) -> Lack | None:
    runtimes = table["runtimes"]
    for name in facts.operators.get("com.microsoft", ()):
        first = table["contrib"].get(name)
        if first and max(at) < runtimes.index(first):
            return Lack(f"com.microsoft:{name}", first, unregistered(version, "com.microsoft", name))
    return None


def _type(table: Any, facts: Onnx, at: list[int]) -> Lack | None:
    runtimes = table["runtimes"]
    for held in facts.types:
        name = _TYPES.get(held, held)
        last = table["types"].get(name)
        if last and max(at) <= runtimes.index(last):
            return Lack(
                f"the type {held}",
                _later(table, last),
                "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Exception during initialization: "
                f"MLDataType for: tensor({name}) is not currently registered or supported",
            )
    return None


def _operator_on_type(table: Any, facts: Onnx, at: list[int]) -> Lack | None:
    """Return the first operator whose kernels don't take a type that a node surely gives it."""
    for use in facts.uses:
        version = _version(table, facts, use.domain, use.operator)
        for places, types, first, last, *more in table["lacking"].get(f"{use.domain} {use.operator} {version}", ()):
            held = next((t for t in _taken(use, places) if t in types.split()), "")
            if held and _within([first, last], table["runtimes"], at) and _in_set(facts, more):
                what = f"{use.operator} of operator set {version} on {held}"
                log = _lacking_log(table, at, use, version, more[0] if more else "")
                return Lack(what, _later(table, last), log, _other_type(use.operator, held))
        if (lack := _refused(table, use, at)) is not None:
            return lack
    return None


def _in_set(facts: Onnx, more: list[str]) -> bool:
    """Say whether a model is of the operator sets that a row of the table is for."""
    if len(more) < 2:
        return True
    first, last = map(int, more[1].split())
    return first <= facts.opsets.get("ai.onnx", 1) <= last


def _taken(use: Use, places: str) -> tuple[str, ...]:
    """Return the types of some inputs: "0 2", "1+" for all from there on, "to" for what Cast makes."""
    if places == "to":
        return (use.makes,)
    at = [int(n) for n in places.rstrip("+").split()]
    more = use.inputs[at[-1] + 1 :] if places.endswith("+") else ()
    return (*(use.inputs[n] for n in at if n < len(use.inputs)), *more)


def _lacking_log(table: Any, at: list[int], use: Use, version: int, named: str) -> str:
    if not named:
        node = f"{use.node}:" if use.node else ""
        if _is_oldest(table, at):
            return _absent(table, at, f"{node}{use.operator}", version)
        return f"{_absent(table, at, use.operator, version)} node with name '{use.node}'"
    if named == "crash":
        return "Segmentation fault (killed by signal 11)"
    if named.startswith("Type "):
        return f"[ONNXRuntimeError] : 1 : FAIL : Type Error: {named}"
    inner, _, of = named.rstrip(")").partition("(")  # it is made of others, and one of those is absent
    log = _absent(table, at, inner, int(of))
    return log.partition(inner)[0].rstrip() if _is_oldest(table, at) else log  # the oldest say an address first


def _refused(table: Any, use: Use, at: list[int]) -> Lack | None:
    """Return an operator whose kernel refuses a type only when it runs."""
    held = use.inputs[0] if use.inputs and use.domain == "ai.onnx" else ""
    ends = table["refused"].get(f"{use.operator} {held}")
    if not ends or not _within(ends, table["runtimes"], at):
        return None
    return Lack(
        f"{use.operator} on {held}",
        _later(table, ends[1]),
        "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Non-zero status code returned while running "
        f"{use.operator} node. Name:'{use.node}' Status Message: {use.operator} operator does not support "
        f"{'double' if held == 'float64' else held} yet",
        _other_type(use.operator, held),
    )


def _other_type(operator: str, held: str) -> str:
    if held in {"float64", "bfloat16", "float16"}:
        return "export the model in float32: model.float() before torch.onnx.export"
    return f"cast what {operator} takes from {held} to a type that it runs, float32 for one"
