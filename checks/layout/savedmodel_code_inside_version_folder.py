"""Check: the script lies inside the model's folder, where TensorFlow Serving's container ignores it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import numbered

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The script lies inside the model's folder, where it is ignored",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container/issues/148",
    symptoms=(r"Unsupported Media Type: ",),
)
def savedmodel_code_inside_version_folder(artifact: Artifact, stack: str) -> Iterator[Finding]:
    """
    TensorFlow Serving's container looks for /opt/ml/model/code/inference.py and nowhere else.

    A script in model/1/code/ is silently ignored: requests go straight to the model server, which refuses content
    types that the script was written for. code/ stands at the root of the archive, beside the model's folder.
    """
    if stack != "tensorflow-serving" or "code/inference.py" in artifact:
        return
    folders = [m.path.removesuffix("/saved_model.pb") for m in artifact.named("/saved_model.pb") if numbered(m.path)]
    for folder in folders:
        for script in (f"{folder}/code/inference.py", f"{folder.rpartition('/')[0]}/code/inference.py"):
            if script in artifact and not script.startswith("/"):
                yield Finding(
                    message=f"{script} is ignored: the container only looks for code/inference.py at the root",
                    evidence=(Evidence(f"artifact:{script}", "code/inference.py is not in the archive"),),
                    fix=f"mv {script.removesuffix('/inference.py')} code  # beside {folder.split('/')[0]}/, then pack",
                    log="Unsupported Media Type: application/x-image",
                    cause="artifact:code",
                )
                return
