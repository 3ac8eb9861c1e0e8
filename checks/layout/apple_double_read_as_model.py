"""Check: macOS's metadata file of the model is taken for a second model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in, is_apple_double
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler


@check(
    title="The ._ file that macOS packs beside the model is taken for a second model",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/blob/v2.0.25/src/sagemaker_pytorch_serving_container/default_pytorch_inference_handler.py",
    symptoms=(r"Exactly one \.pth or \.pt file is required for PyTorch models: \[.*'\._",),
)
def apple_double_read_as_model(artifact: Artifact, handler: Handler, stack: str) -> Iterator[Finding]:
    """
    On macOS, tar writes a file ._net.pth beside net.pth, and the PyTorch stack counts both.

    Without a script it wants exactly one .pt or .pth file at the root, unless there is one named model.pt. Pack with
    ``COPYFILE_DISABLE=1 tar ...``, which leaves the ._ files out. Elsewhere they are only ballast.
    """
    if stack != "pytorch" or handler or "model.pt" in artifact:
        return
    found = [m.path for m in directly_in(artifact, "") if m.path.endswith((".pt", ".pth"))]
    doubles = [path for path in found if is_apple_double(path)]
    if doubles and len(found) > 1:
        yield Finding(
            message=f"{doubles[0]} is macOS's metadata, and the default handler takes it for a second model",
            evidence=tuple(Evidence(f"artifact:{path}", "counts as a model file") for path in found),
            fix="COPYFILE_DISABLE=1 tar -C model -czf model.tar.gz .",
            log=f"ValueError: Exactly one .pth or .pt file is required for PyTorch models: {found}",
            cause="artifact:root",
        )
