"""Check: without a script, the model file is not of the kind that the default handler loads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="There is no script, and the default one doesn't load this kind of file",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/blob/v2.0.25/src/sagemaker_pytorch_serving_container/default_pytorch_inference_handler.py",
    symptoms=(r"Please ensure model is saved using torchscript",),
)
def no_handler_no_default(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    The PyTorch stack's default model_fn loads TorchScript and nothing else.

    A state dict or a whole module that was written by ``torch.save`` needs a script that builds the module:
    code/inference.py with model_fn. Or save TorchScript: ``torch.jit.script(model).save("model.pt")``.
    """
    if stack != "pytorch" or handler or "SAGEMAKER_PROGRAM" in target.variables:
        return
    candidates = [m.path for m in directly_in(artifact, "") if m.path.endswith((".pt", ".pth"))]
    chosen = "model.pt" if "model.pt" in candidates else candidates[0] if len(candidates) == 1 else ""
    file = models.at(chosen) if chosen else None
    if file is not None and file.format in {"torch-zip", "torch-legacy"}:
        yield Finding(
            message=f"{chosen} was written by torch.save, and without a script only TorchScript is loaded",
            evidence=(
                Evidence(f"artifact:{chosen}", f"{file.format}: no code of a TorchScript module in it"),
                Evidence("artifact:code/inference.py", "not in the artifact"),
            ),
            fix='pack code/inference.py with a model_fn, or torch.jit.script(model).save("model.pt")',
            likelihood=Likelihood.LIKELY,
            log=f"ModelLoadError: Failed to load /opt/ml/model/{chosen}. "
            "Please ensure model is saved using torchscript.",
            cause=f"artifact:{chosen}",
        )
