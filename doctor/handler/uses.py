"""What a handler surely asks of its surroundings: a GPU, the network."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from doctor.facts import load
from doctor.handler.value import Call, Handler


def gpu_calls(handler: Handler) -> Iterator[Call]:
    """Yield the calls that move something to a GPU whatever the machine has, and that are made each time."""
    for call in handler.calls(
        "*.to", "*.cuda", "torch.cuda.set_device", "torch.tensor", "torch.zeros", "torch.ones", "torch.load"
    ):
        if call.certain and not call.caught and _asks(handler, call):
            yield call


def _asks(handler: Handler, call: Call) -> bool:
    if call.name == "torch.cuda.set_device":
        return True
    if call.name.endswith(".cuda"):
        return not call.name.startswith("torch.cuda") and len(call.node.args) <= 1
    keyword = "map_location" if call.name == "torch.load" else "device"
    device = call.argument(0 if call.name.endswith(".to") else -1, keyword)
    return _cuda(handler, device, call)


def _cuda(handler: Handler, device: ast.expr | None, call: Call) -> bool:
    """Say whether an expression is always a CUDA device: a text, or torch.device of one."""
    if isinstance(device, ast.Call) and handler.name(device.func, call.scope) == "torch.device":
        device = device.args[0] if device.args else None
    elif isinstance(device, ast.Name):
        device = _bound(handler, device, call) or device
    return (handler.text(device, call.scope) or "").split(":")[0] == "cuda"


def _bound(handler: Handler, name: ast.Name, call: Call) -> ast.expr | None:
    """Return the argument of torch.device that a name is bound to, where it is bound once."""
    found = call.scope.lookup(name.id)
    values = [b.value for b in found[1]] if found else []
    if len(values) == 1 and isinstance(values[0], ast.Call) and values[0].args and found is not None:
        made = handler.name(values[0].func, found[0])
        return values[0].args[0] if made == "torch.device" else None
    return None


def fetches(handler: Handler) -> Iterator[tuple[Call, str]]:
    """Yield the calls that go to the network when the handler starts, with what they do there."""
    network = load("handler_kinds")["network_calls"]
    for call in handler.calls():
        if not (call.at_import or "model_fn" in call.hooks):
            continue
        if call.name in network and not _local(handler, call):
            yield call, f"calls {call.name}"
    for opened in handler.opened():
        call = opened.call
        starts = call.at_import or "model_fn" in call.hooks
        if (
            starts
            and call.name.endswith(".from_pretrained")
            and opened.text
            and opened.relative
            and "." not in opened.text[:1]
        ):
            yield call, f"fetches {opened.text!r} from the hub"


def _local(handler: Handler, call: Call) -> bool:
    """Say whether a call that can fetch a model by its name is given one: an object, or a path."""
    at = load("handler_kinds")["named_models"].get(call.name)
    given = call.argument(*at) if at else None
    if given is None:
        return bool(at) and call.hides_arguments
    text = handler.text(given, call.scope)
    return text is None or text.startswith((".", "/"))
