"""Check: a Triton model lies at the root, where its repository should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="A Triton model lies at the root of the archive",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/triton-inference-server/server/blob/main/docker/sagemaker/serve",
    symptoms=(
        r"ERROR: Incorrect directory structure",
        r"Model directory needs to contain the top level folder",
    ),
    explains=("triton-model-to-start-unclear",),
)
def triton_config_at_root(artifact: Artifact, stack: str, target: Target) -> Iterator[Finding]:
    """
    The archive is Triton's model repository: each model has a folder of its own at its root, named as the model.

    The serve script ends where it finds config.pbtxt at the root itself. Put it and the version folders into a folder.
    """
    if stack != "triton" or "config.pbtxt" not in artifact or target.is_a("multi-model"):
        return
    top = sorted({path.partition("/")[0] for path in artifact.members})
    yield Finding(
        message="config.pbtxt lies at the root, where each model has to have a folder of its own",
        evidence=(Evidence("artifact:config.pbtxt", f"at the root: {', '.join(top[:8])}"),),
        fix="mkdir my_model && mv config.pbtxt [0-9]* my_model/ && tar -czf model.tar.gz my_model",
        log="ERROR: Incorrect directory structure.",
        cause="artifact:root",
    )
