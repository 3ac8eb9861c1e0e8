"""Check: the model is loaded when the script is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The model is loaded when the script is imported",
    fault="model-loading",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#load-a-model",
)
def model_loaded_at_import(handler: Handler, stack: str) -> Iterator[Finding]:
    """
    The stack has a place for loading, model_fn, and this script loads the model outside of it.

    It works. But the path is fixed to /opt/ml/model, which differs behind a multi-model endpoint, and the script can't
    be imported by a test without the model.
    """
    loaders = load("handler_contracts")["model_loaders"]
    calls = [o.call for o in handler.opened() if o.call.name in loaders and o.call.at_import and o.path is not None]
    if calls and "model_fn" in load("handler_contracts")["hooks"].get(stack, ()):
        yield Finding(
            message=f"{calls[0].path}:{calls[0].line} loads the model while it is imported, not in model_fn",
            evidence=(handler.seen(calls[0].path, calls[0].line),),
            fix="load it in def model_fn(model_dir), and return it",
            cause=f"artifact:{calls[0].path}:import",
        )
