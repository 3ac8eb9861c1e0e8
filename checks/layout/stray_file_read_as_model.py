"""Check: a file beside the model is loaded as a model by the XGBoost stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.target import Target

_NO_MODEL = (".py", ".md", ".txt", ".csv", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".log", ".png", ".html", ".ipynb")


@check(
    title="A file beside the model is loaded as a model",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-xgboost-container/blob/master/src/sagemaker_xgboost_container/algorithm_mode/serve_utils.py",
    symptoms=(r"RuntimeError: Model at .* cannot be loaded",),
)
def stray_file_read_as_model(artifact: Artifact, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    Without a script the XGBoost stack loads every file at the root as a model and averages them.

    A README.md or requirements.txt beside the model ends the start. Only names that begin with a dot are left out. Put
    other files into a folder, or don't pack them.
    """
    if stack != "xgboost" or handler or "SAGEMAKER_PROGRAM" in target.variables:
        return
    for member in directly_in(artifact, ""):
        if member.path.lower().endswith(_NO_MODEL) and not member.path.startswith("."):
            yield Finding(
                message=f"{member.path} lies at the root, where every file is loaded as an XGBoost model",
                evidence=(Evidence(f"artifact:{member.path}", "at the root, and there is no script"),),
                fix=f"tar -C model -czf model.tar.gz --exclude=./{member.path} .",
                likelihood=Likelihood.LIKELY,
                log=f"RuntimeError: Model at /opt/ml/model/{member.path} cannot be loaded:",
                cause="artifact:root",
            )
            return
