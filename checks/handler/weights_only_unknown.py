"""Check: the handler gives torch.load an argument that its PyTorch doesn't know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Finding, Severity, Stage, check
from doctor.torchloads import TORCH_LOAD, loads, seen

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The handler gives torch.load weights_only, which its PyTorch doesn't know",
    fault="torch-weights-only",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/blob/v1.13.1/torch/serialization.py",
    symptoms=(r"'weights_only' is an invalid keyword argument for Unpickler\(\)",),
    explains=("weights-only-refuses",),
)
def weights_only_unknown(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    The argument came with PyTorch 1.13; before, torch.load hands what it doesn't know to pickle, which refuses it.

    ``weights_only=False`` fails as well, though it asks for what an older PyTorch does anyway. Leave it out there, or
    raise PyTorch.
    """
    since = tuple(int(n) for n in facts("torch_weights_only")["parameter_since"].split("."))
    for load in loads(handler, models, TORCH_LOAD):
        if load.file.format == "torchscript":
            continue  # passed on to torch.jit.load
        torch = serving.version("torch") if load.call.argument(-1, "weights_only") is not None else None
        if torch is not None and torch.release[:2] < since:
            yield Finding(
                message=f"torch.load is given weights_only, which torch {torch} doesn't know",
                evidence=(seen(handler, load.call), serving.evidence("torch")),
                fix="leave weights_only out, or pip install 'torch>=1.13'",
                log="TypeError: 'weights_only' is an invalid keyword argument for Unpickler()",
                cause="serving:pkg/torch",
            )
            return
