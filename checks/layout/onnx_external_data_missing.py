"""Check: the file that holds an ONNX model's weights is not beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.onnxruntime import sessions

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.onnx import External
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.onnxruntime import Session


@check(
    title="The file that holds the ONNX model's weights is missing",
    fault="onnx-external-data",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://onnx.ai/onnx/repo-docs/ExternalData.html",
    symptoms=(
        r"External data path does not exist",
        r"External data path validation failed for initializer",
        r"Fail to open external data",
        r"external initializer.*out of bounds or can not be read in full",
    ),
)
def onnx_external_data_missing(models: Models, artifact: Artifact, handler: Handler) -> Iterator[Finding]:
    """
    Large ONNX models keep their weights in a second file, which the .onnx file names relative to its own folder.

    ``torch.onnx.export`` writes model.onnx.data by itself once the weights are large. Both must be packed, side by
    side. A file that no tensor names may be missing.
    """
    for session in sessions(models, handler):
        for external in session.facts.external:
            finding = _lacks(artifact, session, external)
            if finding is not None:
                yield finding
                break


def _tensors(external: External) -> str:
    return f"{external.tensors} tensors, the first is {external.first}" if external.tensors > 1 else external.first


def _lacks(artifact: Artifact, session: Session, external: External) -> Finding | None:
    path = session.file.path
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), external.location))
    member = artifact.members.get(place)
    if member is not None and (member.kind != "file" or member.size >= external.end):
        return None
    reads = f"reads its weights from {external.location} ({_tensors(external)})"
    if member is None:
        message = f"{path} {reads}, which is not packed"
        log = f'External data path validation failed for initializer: {external.first}. Error: External data path does not exist: "/opt/ml/model/{place}"'  # noqa: E501 - the library's own line
        saw = "not in the artifact"
    else:
        message = f"{path} {reads} up to byte {external.end}, and {place} ends at {member.size}"
        log = f"External initializer: {external.first} [...] given file_length: {member.size} are out of bounds or can not be read in full."  # noqa: E501 - the library's own line
        saw = f"{member.size} bytes"
    return Finding(
        message=message,
        evidence=(
            Evidence(f"artifact:{path}", f"names {external.location}"),
            Evidence(f"artifact:{place}", saw),
            *session.evidence,
        ),
        fix=f"pack {external.location} beside {path.rsplit('/', 1)[-1]}; or make one file of both: "
        f'onnx.save(onnx.load("{path}"), "{path}", save_as_external_data=False)',
        likelihood=session.likelihood,
        log=log,
        cause=f"artifact:{path}",
    )
