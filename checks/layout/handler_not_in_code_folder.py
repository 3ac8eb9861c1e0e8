"""Check: the script lies at the root, where this stack doesn't look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The script is at the root, and this stack looks for code/inference.py",
    fault="artifact-layout",
    severity=Severity.WARNING,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container#prepost-processing",
    symptoms=(r"Unsupported Media Type: application/",),
)
def handler_not_in_code_folder(artifact: Artifact, stack: str) -> Iterator[Finding]:
    """
    The TensorFlow Serving stack reads only /opt/ml/model/code/inference.py.

    A script at the root is ignored without a word, and requests go to the model as they are: those that aren't
    TensorFlow Serving's JSON are answered with status 415. The PyTorch and Hugging Face stacks have the archive's root
    on their import path and find a script there; nothing is said of those.
    """
    if stack == "tensorflow-serving" and "inference.py" in artifact and "code/inference.py" not in artifact:
        yield Finding(
            message="inference.py at the root is ignored by TensorFlow Serving's container, which reads "
            "code/inference.py: requests that need it fail",
            evidence=(Evidence("artifact:inference.py", "at the root; there is no code/inference.py"),),
            fix="mkdir -p code && mv inference.py code/  # requirements.txt too",
            log='{"error": "Unsupported Media Type: application/x-image"}',
            cause="artifact:code",
        )
