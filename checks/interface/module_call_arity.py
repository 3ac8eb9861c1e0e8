"""Check: a torch module is called with another number of inputs than it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler


@check(
    title="The handler calls the module with another number of inputs than it takes",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.forward",
    symptoms=(
        r"forward\(\) takes \d+ positional arguments? but \d+ were given",
        r"forward\(\) missing \d+ required positional argument",
    ),
    explains=("no-no-grad",),
)
def module_call_arity(handler: Handler) -> Iterator[Finding]:
    """
    The handler's own module defines forward with another number of parameters than predict_fn passes.

    Every request fails. Pass what forward takes, or unpack the tuple that input_fn returned: ``model(*data)``.
    """
    for call in handler.calls():
        module = handler.kinds.module(call.name) and call.name.endswith("()")
        if not (module and call.hooks and call.certain and not call.caught) or call.hides_arguments:
            continue
        given = len(call.node.args) + len(call.node.keywords)
        yield from _own(handler, call, given)


def _own(handler: Handler, call: Call, given: int) -> Iterator[Finding]:
    name = handler.names.class_name(call.name)
    forward = handler.names.function(f"{name}.forward")
    if forward is None or forward.node.decorator_list or call.node.keywords or forward.accepts(given + 1):
        return
    count = len(forward.parameters)
    missing = count - 1 - given
    kind = name.rpartition(".")[2]
    yield Finding(
        message=f"{call.path}:{call.line} passes {given} inputs to {kind}, whose forward has {count - 1}",
        evidence=(handler.seen(call.path, call.line), handler.seen(forward.path, forward.line)),
        fix=f"call it with {', '.join(forward.parameters[1:])}",
        log=f"TypeError: {kind}.forward() takes {count} positional arguments but {given + 1} were given"
        if given + 1 > count
        else f"TypeError: {kind}.forward() missing {missing} required positional argument: {forward.parameters[-1]!r}",
        cause=f"artifact:{call.path}:{call.line}",
    )
