"""Check: a TorchScript archive is opened with torch.load, which refuses it since PyTorch 2.6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import TORCH_LOAD, loads, passed, seen

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A TorchScript archive is opened with torch.load",
    fault="torch-weights-only",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/e3nn/e3nn/issues/519",
    symptoms=(r"Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch\.load``",),
)
def torchscript_opened_with_torch_load(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    ``torch.jit.load`` opens what ``torch.jit.save`` wrote.

    Up to PyTorch 2.5 torch.load passed TorchScript archives on to it; since 2.6 it loads weights only unless told
    otherwise, and refuses them. Write ``torch.jit.load(path, map_location=...)``.
    """
    for load in loads(handler, models, TORCH_LOAD):
        only = passed(load.call, -1, "weights_only")
        if (
            load.file.format != "torchscript"
            or only not in {None, True}
            or any("WEIGHTS_ONLY" in v for v in target.variables)
        ):
            continue
        torch = serving.version("torch")
        since = facts("torch_weights_only")["default_since"]  # before, also where weights_only is asked for
        if torch is None or torch.release[:2] < tuple(int(n) for n in since.split(".")):
            continue
        yield Finding(
            message=f"{load.file.path} is a TorchScript archive, which torch.load of torch {torch} refuses",
            evidence=(
                seen(handler, load.call),
                Evidence(f"artifact:{load.file.path}", f"TorchScript: constants.pkl and {load.file.facts.root}"),
                serving.evidence("torch"),
            ),
            fix="torch.jit.load(path, map_location=...) in place of torch.load",
            log="RuntimeError: Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``.",
            cause=f"artifact:{load.file.path}/loader",
        )
