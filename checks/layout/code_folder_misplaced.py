"""Check: the folder with the script is packed somewhere else than at the root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_junk, lone_folder, program, script
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="The code folder is not at the root of the archive",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/aws/sagemaker-scikit-learn-container/issues/77",
    symptoms=(
        r"No inference script implementation was found at",
        r"ModuleNotFoundError: No module named",
    ),
    explains=("hf-task-missing", "default-model-file-absent", "default-handler-needs-torchscript"),
)
def code_folder_misplaced(artifact: Artifact, target: Target) -> Iterator[Finding]:
    """
    The script is looked for in /opt/ml/model/code and nowhere below.

    A code/ folder inside another one (src/code/inference.py) is silently ignored: the default handler loads and answers
    instead, and the requirements.txt beside the script is not installed. code/ stands at the root of the archive.
    """
    if script(artifact, target.variables) or lone_folder(artifact) not in {"", "code"}:
        return
    if any(artifact.named("saved_model.pb")):
        return  # where TensorFlow Serving's container wants it is another question
    wanted = program(target.variables)
    for member in artifact.files():
        folder, _, name = member.path.rpartition("/")
        named = name == wanted and folder.rsplit("/", 1)[-1] == "code"
        if named and not is_junk(member.path) and not _named(target, folder):
            yield Finding(
                message=f"{member.path} is not looked at: the script belongs into code/ at the root of the archive",
                evidence=(Evidence(f"artifact:{member.path}", f"code/{wanted} is not in the archive"),),
                fix=f"mv {folder} code  # then pack again",
                log=f"No inference script implementation was found at `{wanted.removesuffix('.py')}`.",
                cause="artifact:code",
            )
            return


def _named(target: Target, folder: str) -> bool:
    return any(folder in value for value in target.variables.values())
