"""Check: the archive's script isn't the one that a multi-model endpoint runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target

_SCRIPT = "code/inference.py"
_UNIVERSAL = ("SAGEMAKER_MULTI_MODEL_UNIVERSAL_BUCKET", "SAGEMAKER_MULTI_MODEL_UNIVERSAL_PREFIX")


@check(
    title="A multi-model endpoint doesn't run the archive's script",
    fault="multi-model",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container/issues/212",
    symptoms=(),
)
def multi_model_ignores_code(artifact: Artifact, target: Target, stack: str) -> Iterator[Finding]:
    """
    With several models, TensorFlow Serving's container runs one script for all of them, and none of those packed.

    It is code/inference.py under the prefix that SAGEMAKER_MULTI_MODEL_UNIVERSAL_BUCKET and _PREFIX name. Requests
    reach the model as they came, so what the packed script would have changed isn't changed. Put the script there.
    """
    if stack != "tensorflow-serving" or not target.is_a("multi-model") or _SCRIPT not in artifact:
        return
    if all(name in target.variables for name in _UNIVERSAL):
        return
    yield Finding(
        message=f"{_SCRIPT} isn't run: a multi-model endpoint of this container has one script for all models",
        evidence=(
            Evidence(f"artifact:{_SCRIPT}", "packed with this model"),
            Evidence("target:endpoint", f"multi-model, {_UNIVERSAL[0]} not set"),
        ),
        fix=f"aws s3 cp code/inference.py s3://BUCKET/PREFIX/code/inference.py, and set {_UNIVERSAL[0]}=BUCKET and "
        f"{_UNIVERSAL[1]}=PREFIX",
        likelihood=Likelihood.LIKELY,
        cause=f"artifact:{_SCRIPT}",
    )
