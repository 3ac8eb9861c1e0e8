"""Check: the unpacked model is larger than the endpoint's disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="The unpacked model is larger than the endpoint's disk",
    fault="host-memory-or-disk",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html",
    symptoms=(r"\[Errno 28\] No space left on device",),
)
def model_over_disk(artifact: Artifact, target: Target, stack: str) -> Iterator[Finding]:
    """
    The archive is unpacked onto the endpoint's disk: 5 GB on a serverless endpoint, 30 GB in a batch transform.

    The Hugging Face stack's server copies the model once more, so it needs twice the room. Pack less (one format of the
    weights, no checkpoints), or deploy on an instance.
    """
    limits = target.limits
    if "disk_bytes" not in limits:
        return
    disk, kind = int(limits["disk_bytes"]), target.endpoint
    unpacked = sum(m.size for m in artifact.files())
    copies = 2 if stack == "huggingface" and kind == "serverless" else 1
    if unpacked * copies <= disk:
        return
    largest = max(artifact.files(), key=lambda m: m.size)
    twice = ", and Multi Model Server copies them once more" if copies == 2 and unpacked <= disk else ""
    yield Finding(
        message=f"the model's files have {unpacked / 1e9:.1f} GB{twice}, and a {kind} endpoint "
        f"has {disk / 1e9:.1f} GB of disk",
        evidence=(
            Evidence("artifact:/", f"{unpacked / 1e9:.1f} GB unpacked"),
            Evidence(f"artifact:{largest.path}", f"{largest.size / 1e9:.1f} GB"),
            Evidence("target:endpoint", f"{kind}: {disk / 1e9:.1f} GB of disk"),
        ),
        fix="deploy with --instance-type instead, and a volume_size that holds it"
        if kind == "serverless"
        else f"leave out what isn't served; the largest file is {largest.path}",
        log="OSError: [Errno 28] No space left on device",
        cause="target:disk",
    )
