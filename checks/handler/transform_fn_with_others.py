"""Check: transform_fn stands beside the functions that it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The script has transform_fn beside input_fn, predict_fn or output_fn",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-inference-toolkit/blob/v1.10.1/src/sagemaker_inference/transformer.py",
    symptoms=(r"Cannot use transform_fn implementation (in conjunction )?with",),
)
def transform_fn_with_others(handler: Handler, stack: str) -> Iterator[Finding]:
    """
    transform_fn does the work of input_fn, predict_fn and output_fn together.

    The stacks refuse a script that has both and no worker starts. Keep one way: give your own helpers other names.
    """
    log = load("handler_contracts")["transform_conflict"].get(stack)
    if log is None or not handler.defines("transform_fn") or handler.entry is None:
        return
    others = [n for n in ("input_fn", "predict_fn", "output_fn") if handler.defines(n)]
    if others and "transform_fn" in handler.hooks:
        lines = [handler.hooks[n].line for n in ("transform_fn", *others) if n in handler.hooks]
        yield Finding(
            message=f"{handler.entry.path} has transform_fn and {', '.join(others)}, which the {stack} stack refuses",
            evidence=tuple(handler.seen(handler.entry.path, n) for n in lines),
            fix=f"rename {', '.join(others)} (for example _{others[0]}), or drop transform_fn",
            log=log,
            cause=f"artifact:{handler.entry.path}:transform_fn",
        )
