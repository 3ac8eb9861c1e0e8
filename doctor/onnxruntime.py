"""Which ONNX files onnxruntime opens, and what the onnxruntime that will be there accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

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


def unregistered(version: Version, domain: str, name: str) -> str:
    """Return what a runtime says of an operator of a domain that it doesn't know."""
    named = version.release >= (1, 12)
    return f"Fatal error: {f'{domain}:{name}(-1)' if named else name} is not a registered function/op"


def unknown(version: Version, facts: Onnx, domain: str, name: str) -> str:
    """Return what a runtime says of an operator that a domain which it knows doesn't have."""
    node = next((u.node for u in facts.uses if (u.domain, u.operator) == (domain, name)), "")
    written = "" if domain == "ai.onnx" else domain
    where = f'In Node, ("{node}", {name}, "{written}", -1) : ... , Error ' if version.release >= (1, 10) else ""
    where = where or f"Error in Node:{node} : "
    return f"This is an invalid model. {where}No Op registered for {name} with domain_version of " + str(
        facts.opsets.get(domain, 1)
    )


def loading(path: str, code: str = "1 : FAIL") -> str:
    """Return how a runtime begins to say that a file can't be loaded."""
    return f"[ONNXRuntimeError] : {code} : Load model from /opt/ml/model/{path} failed:"


def asks_for_cuda(handler: Handler) -> Evidence | None:
    """Return the line that asks for CUDA; None where there is none, or where the handler looks what there is."""
    lines = [(s.path, n, x) for s in handler.scripts.values() for n, x in enumerate(s.lines, 1)]
    if any("get_available_providers" in text or "get_device" in text for _, _, text in lines):
        return None
    found = ((p, n) for p, n, x in lines if "CUDAExecutionProvider" in x and not x.lstrip().startswith("#"))
    return next((handler.seen(p, n) for p, n in found), None)
