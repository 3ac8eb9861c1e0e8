"""Check: the module that loads an MLflow model is not there when it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.errors import Unreadable
from doctor.facts import load
from doctor.formats.kinds.mlmodel import MLmodel
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.modules import givers

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.models import Models


@check(
    title="The module that loads the MLflow model is not there",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://mlflow.org/docs/latest/api_reference/python_api/mlflow.pyfunc.html",
    symptoms=(r"ModuleNotFoundError: No module named '[\w.]+'",),
)
def mlflow_loader_absent(artifact: Artifact, models: Models, stack: str, serving: Environment) -> Iterator[Finding]:
    """
    MLmodel names a loader_module that is imported to load the model, and MLflow's own ones import their library.

    Where neither the environment has it, nor the model's requirements name it, nor its code folder holds it, the
    load ends.
    """
    if stack != "mlflow":
        return
    for file, facts in models.of(MLmodel):
        loader = facts.loader_module
        if file.path != "MLmodel" or not loader:
            continue
        module = load("stacks")["mlflow_loaders"].get(loader, "" if loader.startswith("mlflow") else loader)
        if not module or serving.finds(module) is not False or _brought(artifact, facts, module):
            continue
        top = module.partition(".")[0]
        yield Finding(
            message=f"MLmodel is loaded by {loader}, which needs the module {top}, and {serving.source} has none",
            evidence=(Evidence("artifact:MLmodel", f"loader_module: {loader}"), serving.evidence(top)),
            fix=f"add {top} to the model's requirements.txt and to the image"
            if module != loader
            else f"save the model again with code_paths=['{top}']",
            log=f"ModuleNotFoundError: No module named '{top}'",
            cause=f"serving:pkg/{top}",
        )


def _brought(artifact: Artifact, facts: MLmodel, module: str) -> bool:
    """Say whether the model's own code or requirements bring a module."""
    top = module.partition(".")[0]
    code = facts.flavors.get("python_function", {}).get("code", "code").strip("/")
    if f"{code}/{top}.py" in artifact or artifact.has_folder(f"{code}/{top}"):
        return True
    names = {top, top.replace("_", "-"), *givers(module)}
    for path in ("requirements.txt", "conda.yaml"):
        try:
            text = artifact.text(path).lower()
        except Unreadable:
            continue
        if any(name in text for name in names):
            return True
    return False
