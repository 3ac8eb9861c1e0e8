"""Which ONNX files onnxruntime opens, and what the onnxruntime that will be there accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.onnx import Onnx
from doctor.model import Evidence, Likelihood, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models

_OPENS = "onnxruntime.InferenceSession"
_ALSO = ("onnxruntime", "optimum")  # packages through which a session is made without naming it


class Session(NamedTuple):
    """An ONNX file that onnxruntime opens, and how surely: certain where the handler's call names it."""

    file: ModelFile
    facts: Onnx
    likelihood: Likelihood
    evidence: tuple[Evidence, ...]  # the handler's line, where there is one


class Runtime(NamedTuple):
    """The onnxruntime of an environment."""

    distribution: str
    version: Version
    evidence: Evidence


class Limit(NamedTuple):
    """The newest version that a runtime accepts: at least ``low``, at most ``high``; None where nothing is measured."""

    low: int | None
    high: int | None


def sessions(models: Models, handler: Handler) -> Iterator[Session]:
    """Yield the ONNX files that are opened; those that only lie in the artifact are not."""
    opened = [o for o in handler.opened() if o.call.name == _OPENS]
    named = {o.path: o for o in opened if o.path is not None}
    loose = {o.text.rsplit("/", 1)[-1]: o for o in opened if o.path is None and o.text is not None}
    unclear = any(o.text is None for o in opened) or (not opened and _through_another(handler))
    for file, facts in models.of(Onnx):
        by_name = named.get(file.path)
        known = by_name or loose.get(file.path.rsplit("/", 1)[-1])
        if known is not None:
            sure = Likelihood.CERTAIN if by_name else Likelihood.LIKELY
            yield Session(file, facts, sure, (handler.seen(known.call.path, known.call.line),))
        elif unclear or not handler:
            yield Session(file, facts, Likelihood.LIKELY, ())


def _through_another(handler: Handler) -> bool:
    return any(i.module.split(".")[0] in _ALSO for i in handler.imports())


def runtime(serving: Environment) -> Runtime | None:
    """Return the onnxruntime of an environment, None where it surely has none; Unknown where nothing says."""
    for distribution in load("onnxruntime")["distributions"]:
        if distribution in serving.packages:
            version = serving.version(distribution)
            return Runtime(distribution, version, serving.evidence(distribution)) if version else None
    if not serving.complete:
        raise Unknown(f"{serving.source} doesn't say which onnxruntime is there")
    return None


def limit(version: Version, of: str) -> Limit:
    """
    Return the newest IR version ("ir") or operator set ("ai.onnx") that an onnxruntime accepts.

    A version between two measured ones accepts what both do. What a runtime accepts never shrinks, so outside of the
    measured versions one bound holds.
    """
    from packaging.version import Version  # here, for its 4 ms

    measured = [(Version(text), row[of]) for text, row in load("onnxruntime")["versions"].items()]
    same = next((accepted for known, accepted in measured if known.release[:2] == version.release[:2]), None)
    if same is not None:
        return Limit(same, same)  # patch releases add no operator set
    below = [accepted for known, accepted in measured if known < version]
    above = [accepted for known, accepted in measured if known > version]
    return Limit(max(below, default=None), min(above, default=None))


def accepts(version: Version, facts: Onnx) -> bool:
    """Say whether a runtime accepts a model's format and operator sets, as far as measured."""
    wrote = {"ir": facts.ir_version, **{d: facts.opsets.get(d, 0) for d in ("ai.onnx", "ai.onnx.ml")}}
    limits = ((number, limit(version, of).low) for of, number in wrote.items())
    return all(low is not None and number <= low for number, low in limits)


class Lack(NamedTuple):
    """What a runtime accepts and can't run: how a finding says it, and the log line."""

    what: str
    since: str
    log: str


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
    return _operator(table, facts, at) or _contrib(table, facts, at, version) or _type(table, facts, at)


def unregistered(version: Version, domain: str, name: str) -> str:
    """Return what a runtime says of an operator of a domain that it doesn't know."""
    named = version.release >= (1, 12)
    return f"Fatal error: {f'{domain}:{name}(-1)' if named else name} is not a registered function/op"


def loading(path: str) -> str:
    """Return how a runtime begins to say that a file can't be loaded."""
    return f"[ONNXRuntimeError] : 1 : FAIL : Load model from /opt/ml/model/{path} failed:"


def _operator(table: Any, facts: Onnx, at: list[int]) -> Lack | None:
    runtimes = table["runtimes"]
    for domain, operators in table["since"].items():
        for name in facts.operators.get(domain, ()):
            changes = [int(n) for n in operators.get(name, "").split()]
            version = max((n for n in changes if n <= facts.opsets.get(domain, 1)), default=0)
            ends = table["without"].get(f"{domain} {name} {version}")
            if ends and name not in _REMOVED and _within(ends, runtimes, at):
                later = runtimes[runtimes.index(ends[1]) + 1 :]
                return Lack(
                    f"{name} of operator set {version}",
                    later[0] if later else "",
                    f"[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Could not find an implementation for "
                    f"{'the node ' if at[0] < runtimes.index(_NAMES_NODES) else ''}{name}({version})",
                )
    return None


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
                next(iter(runtimes[runtimes.index(last) + 1 :]), ""),
                "[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Exception during initialization: "
                f"MLDataType for: tensor({name}) is not currently registered or supported",
            )
    return None


def asks_for_cuda(handler: Handler) -> Evidence | None:
    """Return the line that asks for CUDA; None where there is none, or where the handler looks what there is."""
    lines = [(s.path, n, x) for s in handler.scripts.values() for n, x in enumerate(s.lines, 1)]
    if any("get_available_providers" in text or "get_device" in text for _, _, text in lines):
        return None
    found = ((p, n) for p, n, x in lines if "CUDAExecutionProvider" in x and not x.lstrip().startswith("#"))
    return next((handler.seen(p, n) for p, n in found), None)
