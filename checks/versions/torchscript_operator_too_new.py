"""Check: TorchScript code calls an operator that came with a later PyTorch than the one that serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.torch import TorchScript
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import formats, readable

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.models import Models


@check(
    title="TorchScript code calls an operator that the serving PyTorch doesn't have",
    fault="torchscript-device-or-op",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/YuliangXiu/ECON/issues/134",
    symptoms=(r"Unknown builtin op: aten::\w+",),
)
def torchscript_operator_too_new(models: Models, serving: Environment) -> Iterator[Finding]:
    """
    A TorchScript archive holds code that names PyTorch's operators; every release brings new ones.

    The file format doesn't tell: it stays the same, and the load fails at the first operator that isn't there.
    ``scaled_dot_product_attention`` came with 2.0, for instance. Serve with a later PyTorch, or script the model with
    the one that serves.
    """
    for file, written in models.of(TorchScript):
        torch = serving.version("torch")
        if torch is None or not readable(written.version, formats(torch)):
            return
        for called in written.called:
            since = _since(called.what.partition("::")[2], torch)
            if since:
                yield Finding(
                    message=f"{file.path} calls {called.what}, which came with torch {since} at the latest: "
                    f"torch {torch} doesn't have it",
                    evidence=(
                        Evidence(f"artifact:{file.path}!{called.path}:{called.line}", called.text),
                        serving.evidence("torch"),
                        Evidence("facts:torch_releases", f"{called.what} is not in torch {_before(since)}"),
                    ),
                    fix=f"serve with torch {since} or later, or script the model with torch {torch}",
                    log=f"RuntimeError: Unknown builtin op: {called.what}.",
                    cause="serving:pkg/torch",
                )
                break


def _before(since: str) -> str:
    releases: list[str] = facts("torch_releases")["releases"]
    return releases[releases.index(since) - 1]


def _since(operator: str, torch: Version) -> str:
    """Return the first measured release that has an operator, where one at or after the serving one lacks it."""
    from packaging.version import Version  # here, for its 4 ms

    for since, names in facts("torch_releases")["operators"].items():
        if operator in names.split():
            return since if torch.release[:2] <= Version(_before(since)).release[:2] else ""
    return ""
