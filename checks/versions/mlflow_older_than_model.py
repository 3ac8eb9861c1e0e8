"""Check: an image of MLflow 1 doesn't read how MLflow 2 writes the environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.mlmodel import MLmodel
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The image's MLflow is older than the model's MLmodel",
    fault="mlflow-env",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/mlflow/mlflow/issues/7611",
    symptoms=(
        r"join\(\) argument must be str, bytes, or os.PathLike object, not 'dict'",
        r"_install_pyfunc_deps",
    ),
)
def mlflow_older_than_model(models: Models, stack: str, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    From MLflow 2.0 on MLmodel names an environment file for conda and one for virtualenv; MLflow 1 expects one name.

    An image built by MLflow 1 makes the model's environment when it starts, and ends there. Build the image with
    the MLflow that saved the model (``mlflow sagemaker build-and-push-container``), or save the model with that of
    the image.
    """
    if stack != "mlflow" or target.variables.get("MLFLOW_DISABLE_ENV_CREATION", "").lower() == "true":
        return
    for file, facts in models.of(MLmodel):
        if file.path != "MLmodel" or not facts.environment_is_mapping:
            continue
        version = serving.version("mlflow")
        if version is not None and version.major < 2:
            wrote = facts.mlflow_version or "2.0 or newer"
            yield Finding(
                message=f"MLflow {wrote} wrote MLmodel, and the image's MLflow {version} can't read its env",
                evidence=(
                    Evidence("artifact:MLmodel", f"mlflow_version: {wrote}; env: {_env(facts)}"),
                    serving.evidence("mlflow"),
                ),
                fix=f"pip install mlflow=={facts.mlflow_version or '2.22.0'} && "
                "mlflow sagemaker build-and-push-container",
                log="TypeError: join() argument must be str, bytes, or os.PathLike object, not 'dict'",
                cause="serving:pkg/mlflow",
            )


def _env(facts: MLmodel) -> str:
    return ", ".join(f"{k}: {v}" for k, v in facts.environments.items())
