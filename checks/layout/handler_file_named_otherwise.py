"""Check: the script has another name than the one that is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in, script
from doctor.errors import Unreadable
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target

_HOOKS = {
    "pytorch": ("def model_fn(", "def transform_fn(", "def predict_fn("),
    "huggingface": ("def model_fn(", "def transform_fn(", "def predict_fn("),
    "mxnet": ("def model_fn(", "def transform_fn("),
    "tensorflow-serving": ("def input_handler(", "def handler("),
}


@check(
    title="The script has another name than the one that is imported",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-inference-toolkit/blob/v1.10.1/src/sagemaker_inference/environment.py",
    symptoms=(
        r"No inference script implementation was found at",
        r"FileNotFoundError.*'inference\.py'",
        r"Exactly one \.pth or \.pt file is required for PyTorch models",
    ),
    explains=("hf-task-missing", "default-model-file-absent", "default-handler-needs-torchscript"),
)
def handler_file_named_otherwise(artifact: Artifact, stack: str, target: Target) -> Iterator[Finding]:
    """
    The toolkit imports code/inference.py, or what SAGEMAKER_PROGRAM names, and falls back silently.

    A script called serve.py or predict.py isn't found, and neither is one whose variable names a folder. The default
    functions then load and answer in its place. TensorFlow Serving's container doesn't read the variable at all.
    """
    hooks = _HOOKS.get(stack)
    variables = {} if stack == "tensorflow-serving" else target.variables
    if hooks is None or script(artifact, variables):
        return
    named = variables.get("SAGEMAKER_PROGRAM", "")
    if variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "").startswith("s3://"):
        return  # the script is fetched from there
    found = _with_hook(artifact, hooks)
    if found:
        path, line, text = found
        wanted = named or "inference.py"
        why = f"SAGEMAKER_PROGRAM is {named}" if named else "no SAGEMAKER_PROGRAM is given"
        yield Finding(
            message=f"the script is {path}, and the server imports code/{wanted} ({why})",
            evidence=(
                Evidence(f"artifact:{path}:{line}", text),
                Evidence("target:env/SAGEMAKER_PROGRAM", named or "not set"),
            ),
            fix=f"mv {path} code/inference.py  # or set SAGEMAKER_PROGRAM={path.rsplit('/', 1)[-1]}",
            likelihood=Likelihood.CERTAIN if named or target.variables else Likelihood.LIKELY,
            log=f"No inference script implementation was found at `{wanted.removesuffix('.py')}`. "
            "Default implementation of all functions will be used.",
            cause="artifact:code",
        )


def _with_hook(artifact: Artifact, hooks: tuple[str, ...]) -> tuple[str, int, str] | None:
    """Return the path, line number and text of the first function that the server would call."""
    for folder in ("code", ""):
        for member in directly_in(artifact, folder):
            if not member.path.endswith(".py"):
                continue
            try:
                lines = artifact.text(member.path).splitlines()
            except Unreadable:
                continue
            for number, line in enumerate(lines, 1):
                if line.startswith(hooks):
                    return member.path, number, line
    return None
