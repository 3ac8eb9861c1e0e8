"""Check: the scikit-learn stack has no script, and no model_fn of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="There is no script, and the stack can't load a model without one",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/aws/sagemaker-scikit-learn-container/blob/master/src/sagemaker_sklearn_container/serving.py",
    symptoms=(
        r"'NoneType' object has no attribute 'startswith'",
        r"Please provide a model_fn implementation",
        r"No module named 'inference'",
    ),
)
def script_missing(artifact: Artifact, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    The scikit-learn stack has no default for model_fn: a file may be joblib's, a pickle, or something else.

    The script is named by SAGEMAKER_PROGRAM and comes with SAGEMAKER_SUBMIT_DIRECTORY, or in code/ of the archive.
    The SDK's SKLearnModel(entry_point=...) sets both; a bare Model() sets neither.
    """
    if stack != "sklearn" or handler or any(artifact.named(".py")) or not any(artifact.files()):
        return
    program, folder = (target.variables.get(n, "") for n in ("SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"))
    if folder and not folder.startswith("/opt/ml/model"):
        return  # fetched from there when it starts
    model = next((m.path for m in artifact.files()), "model.joblib")
    yield Finding(
        message=f"there is no script in the archive, and the sklearn stack has no model_fn of its own to load {model}",
        evidence=(
            Evidence("artifact:code/", "no Python file in the archive"),
            Evidence("target:env/SAGEMAKER_PROGRAM", program or "not set"),
        ),
        fix="code/inference.py:\nimport os\nimport joblib\n\ndef model_fn(model_dir):\n"
        f'    return joblib.load(os.path.join(model_dir, "{model}"))\n\nand set SAGEMAKER_PROGRAM=inference.py and '
        "SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code",
        likelihood=Likelihood.LIKELY,
        log=f"ModuleNotFoundError: No module named '{program.removesuffix('.py')}'"
        if program
        else "AttributeError: 'NoneType' object has no attribute 'startswith'",
        cause="artifact:code",
    )
