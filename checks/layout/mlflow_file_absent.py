"""Check: a file that MLmodel names is not in the archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.mlmodel import MLmodel
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models


@check(
    title="A file that MLmodel names is not in the archive",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://mlflow.org/docs/latest/ml/model/#storage-format",
    symptoms=(r"FileNotFoundError: \[Errno 2\] No such file or directory: '/opt/ml/model/[^']+'",),
)
def mlflow_file_absent(artifact: Artifact, models: Models, stack: str) -> Iterator[Finding]:
    """
    MLmodel names the files that the flavor python_function loads: model_path or data, python_model, and its artifacts.

    They are looked for by these names beside MLmodel. A model renamed or left out when it was packed again isn't
    found.
    """
    if stack != "mlflow":
        return
    for file, facts in models.of(MLmodel):
        for flavor, setting, path in facts.files if file.path == "MLmodel" else ():
            read = setting in {"data", "model_path", "python_model"} or setting.startswith("artifacts: ")
            named = path.strip("/")
            if flavor != "python_function" or not read or not named or named in artifact or artifact.has_folder(named):
                continue
            there = sorted({p.partition("/")[0] for p in artifact.members})
            yield Finding(
                message=f"MLmodel gives {path} as the {setting} of python_function, and it isn't in the archive",
                evidence=(
                    Evidence("artifact:MLmodel", f"{setting}: {path}"),
                    Evidence("artifact:/", f"at the root: {', '.join(there[:8])}"),
                ),
                fix=f"pack {path} under that name, beside MLmodel",
                log=f"FileNotFoundError: [Errno 2] No such file or directory: '/opt/ml/model/{path}'",
                cause=f"artifact:{path}",
            )
