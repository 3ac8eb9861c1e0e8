"""Check: MLflow's server finds no MLmodel at the root."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="No MLmodel is at the root of the archive",
    fault="mlflow-env",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://mlflow.org/docs/latest/ml/model/#storage-format",
    symptoms=(r"Could not find an .MLmodel. configuration file",),
    explains=(
        "nested-root",
        "artifact-of-another-stack",
    ),
)
def mlmodel_missing(artifact: Artifact, stack: str) -> Iterator[Finding]:
    """
    MLflow's image serves what a folder with the file MLmodel describes, and looks for it at the root of the archive.

    Pack the contents of the folder that save_model wrote or that was downloaded, not the folder, and no bare model
    file.
    """
    if stack != "mlflow" or "MLmodel" in artifact or not any(artifact.files()):
        return
    deeper = next((m.path for m in artifact.named("/MLmodel") if m.path.endswith("/MLmodel")), "")
    folder = deeper.rpartition("/")[0]
    top = sorted({path.partition("/")[0] for path in artifact.members})
    yield Finding(
        message=f"MLmodel lies in {folder}/, and MLflow looks for it at the root"
        if deeper
        else f"there is no MLmodel, which tells MLflow what to load; the root has {', '.join(top[:6])}",
        evidence=(
            Evidence(
                f"artifact:{deeper or '/'}", "not at the root" if deeper else f"at the root: {', '.join(top[:8])}"
            ),
        ),
        fix=f"tar -C {folder} -czf model.tar.gz ."
        if deeper
        else 'mlflow.sklearn.save_model(model, "model"), and pack that folder',
        log='mlflow.exceptions.MlflowException: Could not find an "MLmodel" configuration file at '
        '"/opt/ml/model/MLmodel"',
        cause="artifact:root",
    )
