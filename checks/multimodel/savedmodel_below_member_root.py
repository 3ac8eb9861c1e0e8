"""Check: a SavedModel of a multi-model endpoint lies deeper than TensorFlow Serving's container looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.savedmodel import SavedModel
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.savedmodels import folder_of, numbered

if TYPE_CHECKING:
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A SavedModel of a multi-model endpoint lies deeper than the container looks",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container/blob/master/docker/build_artifacts/sagemaker/tfs_utils.py",
    symptoms=(r"No versions of servable \S+ found under base path", r"model: \S+ is not available yet"),
)
def savedmodel_below_member_root(models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    Of several models, each archive has its version's folder at its root: 1/saved_model.pb.

    For one model the container looks through all folders for it. For several it takes the archive's own folder as the
    model's, and lists only the numbers directly in it; export/1 passes its first look, and then nothing is loaded until
    the request's time is over. Pack from one folder deeper.
    """
    if stack != "tensorflow-serving" or not target.is_a("multi-model"):
        return
    paths = [file.path for file, _facts in models.of(SavedModel) if numbered(file.path)]
    if not paths or any(path.count("/") == 1 for path in paths):
        return
    home = folder_of(folder_of(paths[0]))
    yield Finding(
        message=f"{paths[0]} is below {home}/, and of several models each archive has its version's folder at its root",
        evidence=(Evidence(f"artifact:{paths[0]}", "a SavedModel"), Evidence("target:endpoint", "multi-model")),
        fix=f"tar -C {home} -czf model.tar.gz .",
        likelihood=Likelihood.LIKELY,
        log="No versions of servable found under base path /opt/ml/models/.../model",
        cause="artifact:root",
    )
