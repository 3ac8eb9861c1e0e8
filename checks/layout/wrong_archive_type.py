"""Check: the archive is a .zip or an uncompressed .tar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive is of a kind that the platform doesn't unpack",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
    symptoms=(r"Please ensure that the object located at the URL is a valid tar\.gz archive",),
)
def wrong_archive_type(artifact: Artifact) -> Iterator[Finding]:
    """
    Model data must be one gzip-compressed tar archive (.tar.gz).

    A zip or a plain tar is not unpacked. A folder that is uploaded without compression, or a single file, is fine to
    examine and nothing is said of it.
    """
    if artifact.container not in {"tar", "zip"} or not artifact.source.lower().endswith((".tar", ".zip")):
        return
    unpack = "unzip -d model" if artifact.container == "zip" else "mkdir model && tar -C model -xf"
    yield Finding(
        message=f"{artifact.source} is a {artifact.container} archive, and the platform unpacks only .tar.gz",
        evidence=(Evidence(f"artifact:{artifact.source}", f"a {artifact.container} archive"),),
        fix=f"{unpack} {artifact.source} && tar -C model -czf model.tar.gz .",
        log="Failed to extract model data archive. Please ensure that the object located at the URL is a valid "
        "tar.gz archive.",
        cause="artifact:archive",
    )
