"""Check: an MLflow model has no python_function flavor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.mlmodel import MLmodel
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The MLflow model has no flavor that the server loads",
    fault="mlflow-env",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/mlflow/recipes-examples/issues/52",
    symptoms=(
        r"does not contain any of the supported flavors",
        r"does not have the .python_function. flavor",
    ),
)
def mlflow_no_python_function(models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    MLflow's server loads the flavor python_function, which the other flavors bring along when a model is saved.

    A model saved by an old version, by hand, or through the client of another language may have its own flavor
    alone. Load it once with that flavor and save it again, or add python_function to MLmodel.
    """
    if stack != "mlflow" or "MLFLOW_DEPLOYMENT_FLAVOR_NAME" in target.variables:
        return
    for file, facts in models.of(MLmodel):
        if file.path == "MLmodel" and "python_function" not in facts.flavors:
            has = ", ".join(facts.flavors) or "none"
            first = next(iter(facts.flavors), "sklearn")
            yield Finding(
                message=f"MLmodel has the flavors: {has}; MLflow's server loads python_function",
                evidence=(Evidence("artifact:MLmodel", f"flavors: {has}"),),
                fix=f"mlflow.{first}.save_model(mlflow.{first}.load_model('model'), 'model_again')",
                log='mlflow.exceptions.MlflowException: Model does not have the "python_function" flavor',
                cause="artifact:MLmodel",
            )
