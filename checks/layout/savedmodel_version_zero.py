"""Check: a SavedModel's version folder is named 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import folder_of, numbered

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The SavedModel's version is 0",
    fault="savedmodel-layout",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container/pull/218",
    symptoms=(r"Error parsing text-format tensorflow\.serving\.ModelServerConfig: .*Expected integer, got: \}",),
)
def savedmodel_version_zero(artifact: Artifact, stack: str) -> Iterator[Finding]:
    """
    TensorFlow Serving's container writes the version folder's number into a configuration, without leading zeros.

    Images from before March 2022 leave nothing of 0 (or 000): the server refuses its configuration, and the endpoint
    fails after half an hour of restarts. Name the folder 1.
    """
    if stack != "tensorflow-serving":
        return
    for member in artifact.named("saved_model.pb"):
        folder = folder_of(member.path)
        name = folder.rsplit("/", 1)[-1]
        if numbered(member.path) and not name.strip("0"):
            above = folder.removesuffix(name)
            yield Finding(
                message=f"the SavedModel's version folder is named {name!r}; images of TensorFlow Serving from before "
                "March 2022 write no number for it, and the server doesn't start",
                evidence=(Evidence(f"artifact:{member.path}", f"version folder {name!r}"),),
                fix=f"mv {folder} {above}1  # then pack again",
                log="Error parsing text-format tensorflow.serving.ModelServerConfig: 8:19: Expected integer, got: }",
                cause="artifact:savedmodel",
            )
