"""Check: there is no script, and the stack (scikit-learn, MXNet) doesn't start without one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.target import Target

_LOADS = {"sklearn": "has no model_fn of its own to load", "mxnet": "imports one before it loads"}
_SET = "and set SAGEMAKER_PROGRAM=inference.py and SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code"
_FIXES = {
    "sklearn": "code/inference.py:\nimport os\nimport joblib\n\ndef model_fn(model_dir):\n"
    f'    return joblib.load(os.path.join(model_dir, "{{model}}"))\n\n{_SET}',
    "mxnet": f"pack a code/inference.py, which may be empty, {_SET}",
}
_UNNAMED = "AttributeError: 'NoneType' object has no attribute 'startswith'"


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
    Two stacks don't start without a script.

    scikit-learn's has no default for model_fn: a file may be joblib's, a pickle, or something else. MXNet's has one,
    and imports a script in any case.

    The script is named by SAGEMAKER_PROGRAM and comes with SAGEMAKER_SUBMIT_DIRECTORY, or in code/ of the archive.
    The SDK's SKLearnModel(entry_point=...) sets both; a bare Model() sets neither.
    """
    if stack not in _LOADS or handler or any(artifact.named(".py")) or not any(artifact.files()):
        return
    program, folder = (target.variables.get(n, "") for n in ("SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"))
    if folder and not folder.startswith("/opt/ml/model"):
        return  # fetched from there when it starts
    model = next((m.path for m in artifact.files()), "model.joblib")
    named = program.removesuffix(".py") or "inference"
    if stack == "mxnet":
        log = f"ValueError: import_module exception: No module named '{named}'"
    else:
        log = f"ModuleNotFoundError: No module named '{named}'" if program else _UNNAMED
    yield Finding(
        message=f"there is no script in the archive, and the {stack} stack {_LOADS[stack]} {model}",
        evidence=(
            Evidence("artifact:code/", "no Python file in the archive"),
            Evidence("target:env/SAGEMAKER_PROGRAM", program or "not set"),
        ),
        fix=_FIXES[stack].format(model=model),
        likelihood=Likelihood.LIKELY,
        log=log,
        cause="artifact:code",
    )
