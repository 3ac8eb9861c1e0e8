"""Check: an older MLflow doesn't read the columns of a newer one's signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.mlmodel import MLmodel
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.models import Models


@check(
    title="The image's MLflow can't read the model's signature",
    fault="mlflow-env",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/mlflow/mlflow/issues/9368",
    symptoms=(r"__init__\(\) got an unexpected keyword argument '(required|optional|items)'",),
)
def mlflow_signature_too_new(models: Models, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    MLmodel describes the columns of a request, and each MLflow reads only the keys that it knows.

    "required" is read from 2.10 on, and stands in every signature that newer ones write; an older one ends while it
    loads the model. Build the image with the MLflow that saved the model, or save the model with that of the image.
    """
    if stack != "mlflow":
        return
    for file, facts in models.of(MLmodel):
        keys = [k for k in load("mlflow")["columns"] if k in facts.columns] if file.path == "MLmodel" else []
        version = serving.version("mlflow") if keys else None
        said = [_of(key, version, facts, serving) for key in keys if version is not None]
        found = next((s for s in said if isinstance(s, Finding)), None)
        yield from (s for s in said if s is not None and (found is None or s is found))


def _of(key: str, version: Version, facts: MLmodel, serving: Environment) -> Finding | Unknown | None:
    from packaging.version import Version

    refused, took = load("mlflow")["columns"][key]
    if version >= Version(took):
        return None
    if version > Version(refused):
        return Unknown(f"whether MLflow {version} reads {key!r} in a signature was not measured")
    wrote = facts.mlflow_version or took
    return Finding(
        message=f"MLflow {wrote} wrote {key!r} into the signature's columns, which the image's MLflow {version} "
        "doesn't know",
        evidence=(
            Evidence("artifact:MLmodel", f"mlflow_version: {wrote}; a column has {key!r}"),
            serving.evidence("mlflow"),
        ),
        fix=f"pip install mlflow=={wrote}, in the image",
        log=f"TypeError: ColSpec.__init__() got an unexpected keyword argument {key!r}",
        cause="serving:pkg/mlflow",
    )
