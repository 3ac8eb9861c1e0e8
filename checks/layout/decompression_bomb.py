"""Check: the archive unpacks to more than anyone packs on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive unpacks to far more than its size",
    fault="unsafe-archive",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-feature-matrix.html",
    symptoms=(r"No space left on device",),
    explains=("wrong-archive-type",),
)
def decompression_bomb(artifact: Artifact) -> Iterator[Finding | Unknown]:
    """
    The archive's contents fill the instance's disk.

    Trained weights compress to four fifths or so. A ratio of hundreds to one is a file of zeros, a sparse file packed
    whole, or an archive made to fill disks. Examination stopped there, so nothing is known of what follows.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "bomb" and "entries" in trouble.saw:
            yield Unknown(f"{artifact.source} was not read to its end: {trouble.saw}")
        elif trouble.kind == "bomb":
            yield Finding(
                message=f"{artifact.source} unpacks to more than anyone packs on purpose: {trouble.saw}",
                evidence=(Evidence(f"artifact:{trouble.path or artifact.source}", trouble.saw),),
                fix="look at what is packed: tar -tvzf model.tar.gz | sort -k3 -n | tail; pack only the model",
                likelihood=Likelihood.LIKELY,
                log="OSError: [Errno 28] No space left on device",
                cause="artifact:archive",
            )
