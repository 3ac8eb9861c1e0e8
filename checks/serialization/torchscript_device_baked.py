"""Check: TorchScript code names a CUDA device, and there is no GPU when it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchScript, Written
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.torchloads import without_gpu

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="TorchScript code has a CUDA device written into it",
    fault="torchscript-device-or-op",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/pytorch/pytorch/issues/43134",
    symptoms=(
        r"Could not run 'aten::empty[_a-z]*' with arguments from the 'CUDA' backend",
        r"Torch not compiled with CUDA enabled",
        r"Expected all tensors to be on the same device",
    ),
)
def torchscript_device_baked(models: Models, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    Tracing writes the device of the moment into the code: ``torch.device("cuda:0")``.

    ``map_location`` moves the weights, not these literals. The archive loads, /ping answers, and the first request
    fails. Trace again on the CPU, or script the module, and take devices from an input: ``torch.zeros(n,
    device=x.device)``.
    """
    for file, facts in models.of(TorchScript):
        baked = [d for d in facts.devices if d.what.startswith("cuda")]
        proof = without_gpu(target, serving) if baked else None
        if proof is not None:
            likelihood = Likelihood.CERTAIN if facts.traced else Likelihood.LIKELY
            yield _finding(file, baked[0], proof, likelihood)


def _finding(file: ModelFile, baked: Written, proof: Evidence, likelihood: Likelihood) -> Finding:
    return Finding(
        message=(
            f'{file.path} has torch.device("{baked.what}") in its code ({baked.path}:{baked.line}), '
            f"and there is no GPU when it serves: {proof.saw}"
        ),
        evidence=(Evidence(f"artifact:{file.path}!{baked.path}:{baked.line}", baked.text), proof),
        fix='torch.jit.trace(model.to("cpu").eval(), example.to("cpu")).save(path)',
        likelihood=likelihood,
        log="NotImplementedError: Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend.",
        cause=f"artifact:{file.path}/device",
    )
