"""Check: the archive holds no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive is empty",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html",
    symptoms=(r"no SavedModel bundles found", r"Exactly one \.pth or \.pt file is required for PyTorch models: \[\]"),
    explains=(
        "hf-task-missing",
        "handler-file-named-otherwise",
        "default-model-file-absent",
        "default-handler-needs-torchscript",
    ),
)
def archive_empty(artifact: Artifact) -> Iterator[Finding]:
    """
    There is no file in the archive.

    Training that writes its model elsewhere than to SM_MODEL_DIR (/opt/ml/model) ends without complaint and leaves an
    empty model.tar.gz. ``tar -C empty-folder`` does too.
    """
    noted = next((t.saw for t in artifact.troubles if t.kind == "empty"), "")
    others = any(t.kind != "empty" for t in artifact.troubles)
    if noted or (not others and not any(artifact.files())):
        saw = noted or f"{len(artifact.members)} entries, no file"
        yield Finding(
            message=f"{artifact.source} holds no file: {saw}",
            evidence=(Evidence(f"artifact:{artifact.source}", saw),),
            fix="save the model to os.environ['SM_MODEL_DIR'] when training, or pack it: "
            "tar -C model -czf model.tar.gz .",
            cause="artifact:archive",
        )
