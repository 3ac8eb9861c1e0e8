"""Check: a file named model.tar.gz is no gzip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive is named .tar.gz and is not gzip",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://github.com/mantiumai/aws-sagemaker-gptj-deepspeed-blog/issues/2",
    symptoms=(r"Please ensure that the object located at the URL is a valid tar\.gz archive", r"not in gzip format"),
)
def archive_not_gzip(artifact: Artifact) -> Iterator[Finding]:
    """
    The platform unpacks model data with gzip and tar, and takes nothing else.

    ``tar cf model.tar.gz`` without ``z`` writes a plain tar under that name; a renamed zip, a downloaded error page or
    a Git LFS pointer are no archive at all. ``tar xf`` on a laptop accepts a plain tar silently, the platform doesn't.
    Check with ``gzip -t model.tar.gz``.
    """
    if not artifact.source.lower().endswith((".tar.gz", ".tgz")):
        return
    saw = next((t.saw for t in artifact.troubles if t.kind in {"not-gzip", "lfs-pointer", "html"} and not t.path), "")
    if artifact.container in {"tar", "zip"}:
        saw = f"a plain {artifact.container} archive"
    if saw:
        plain_tar = artifact.container == "tar"
        yield Finding(
            message=f"{artifact.source} is not gzip: {saw}",
            evidence=(Evidence(f"artifact:{artifact.source}", saw),),
            fix=f"mv {artifact.source} model.tar && gzip model.tar"
            if plain_tar
            else "tar -C model -czf model.tar.gz .",
            log="Failed to extract model data archive. Please ensure that the object located at the URL is a valid "
            "tar.gz archive.",
            cause="artifact:archive",
        )
