"""Check: the handler passes a TorchScript model another number of inputs than its forward takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import Forward, TorchScript
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import JIT_LOAD, only, seen, unwrapped

if TYPE_CHECKING:
    from doctor.handler import Call, Handler
    from doctor.models import Models

_MODEL = f"{JIT_LOAD[0]}()"


@check(
    title="The handler passes the TorchScript model another number of inputs than it takes",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.pytorch.org/docs/stable/generated/torch.jit.trace.html",
    symptoms=(
        r"forward\(\) expected at most \d+ argument\(s\) but received \d+ argument\(s\)",
        r"forward\(\) is missing value for argument",
        r"Unknown keyword argument '\w+' for operator 'forward'",
    ),
)
def trace_inputs_mismatch(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    A trace takes the inputs that it was made with: as many, in the same order.

    A model traced with one example takes one input, whatever its Python class took. Trace it again with all of them,
    ``torch.jit.trace(model, (ids, mask))``, or pass what the archive's forward takes.
    """
    load = only(handler, models, JIT_LOAD)
    facts = load.file.facts if load else None
    if load is None or not isinstance(facts, TorchScript) or facts.forward is None:
        return
    for call in handler.calls():
        if call.certain and not call.caught and not call.hides_arguments and _is_forward(call.name):
            fault = _fault(call, facts.forward)
            if fault:
                yield _finding(handler, call, load.file.path, facts, fault)
                return


def _is_forward(name: str) -> bool:
    return unwrapped(name.removesuffix(".forward")) == _MODEL


def _fault(call: Call, forward: Forward) -> str:
    """Return what PyTorch says of a call that doesn't suit the signature, or ""."""
    given, names = len(call.node.args), [a.name for a in forward.arguments]
    keywords = [k.arg for k in call.node.keywords if k.arg]
    if given > len(names):
        return f"forward() expected at most {len(names) + 1} argument(s) but received {given + 1} argument(s)."
    absent = [a.name for a in forward.arguments[given:] if a.required and a.name not in keywords]
    if absent:
        return f"forward() is missing value for argument '{absent[0]}'."
    unknown = [k for k in keywords if k not in names]
    return f"Unknown keyword argument '{unknown[0]}' for operator 'forward'." if unknown else ""


def _finding(handler: Handler, call: Call, path: str, facts: TorchScript, fault: str) -> Finding:
    forward = facts.forward
    signature, place = (forward.signature, f"{forward.path}:{forward.line}") if forward else ("", "")
    given = len(call.node.args) + len(call.node.keywords)
    takes = len(forward.arguments) if forward else 0
    names = ", ".join(a.name for a in forward.arguments) if forward else ""
    return Finding(
        message=f"the handler passes {given} input{'s' * (given != 1)} to {path}, whose forward takes {takes}: {names}",
        evidence=(seen(handler, call), Evidence(f"artifact:{path}!{place}", signature)),
        fix=f"call model({names}), or trace again: torch.jit.trace(model, ({', '.join(['example'] * max(given, 1))},))",
        log=f"RuntimeError: {fault} Declaration: forward({facts.root} self, ...)",
        cause=f"artifact:{path}/forward",
    )
