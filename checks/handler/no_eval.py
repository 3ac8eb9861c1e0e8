"""Check: a module with dropout or batch normalisation isn't put into evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler

_DIFFER = ("Dropout", "BatchNorm", "SyncBatchNorm", "AlphaDropout", "InstanceNorm")


@check(
    title="The model serves in training mode",
    fault="inference-mode",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.eval",
)
def no_eval(handler: Handler) -> Iterator[Finding]:
    """
    A module that is built anew is in training mode: dropout drops, batch normalisation uses the request's own numbers.

    Nothing fails. The same request gets other answers each time, or answers that depend on what else is in the batch.
    Call model.eval() in model_fn, after load_state_dict.
    """
    if "predict_fn" not in handler.hooks and "transform_fn" not in handler.hooks:
        return  # the default predict_fn calls eval()
    if any(handler.calls("*.eval", "*.train")):
        return
    for built in handler.calls():
        own = handler.kinds.own_module(built.name)
        whole = built.name == "torch.load" and _called(handler, "torch.load()")
        if not (own or whole) or not (built.at_import or "model_fn" in built.hooks):
            continue
        layer = _layer(handler, built.name if own else "")
        kind = layer.name.rpartition(".")[2] if layer else ""
        if layer is not None and (whole or _called(handler, f"{built.name}()")):
            yield Finding(
                message=f"{built.path}:{built.line} makes a module with {kind}, and nothing calls eval()",
                evidence=(handler.seen(built.path, built.line), handler.seen(layer.path, layer.line)),
                fix="call model.eval() before model_fn returns it",
                likelihood=Likelihood.CERTAIN if own else Likelihood.LIKELY,
                cause=f"artifact:{built.path}:eval",
            )
            return


def _layer(handler: Handler, name: str) -> Call | None:
    """Return the making of a layer that training mode changes, in the own class of a name or any own module."""
    for call in handler.calls():
        owner = call.function.owner if call.function else ""
        dotted = f"{call.function.module}.{owner}" if call.function else ""
        made = call.name.startswith("torch.nn.") and call.name.rpartition(".")[2].startswith(_DIFFER)
        if made and owner and handler.kinds.own_module(dotted) and name in {"", dotted}:
            return call
    return None


def _called(handler: Handler, name: str) -> bool:
    return any(
        c.hooks - {"model_fn"}
        for c in handler.calls()
        if c.name.startswith(name) and handler.name(c.node, c.scope).startswith(f"{name}")
    )
