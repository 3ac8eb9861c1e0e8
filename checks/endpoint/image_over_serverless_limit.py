"""Check: the image is larger than a serverless endpoint takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image is larger than a serverless endpoint takes",
    fault="payload-limit",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html",
    symptoms=(r"[Ii]mage size .* (greater|larger|exceeds)",),
)
def image_over_serverless_limit(image: Image, target: Target) -> Iterator[Finding]:
    """
    A serverless endpoint takes images up to 10 GB.

    What counts is what the image unpacks to: GPU builds of the frameworks are most of it, and a serverless endpoint has
    no GPU. Install CPU builds, or deploy on an instance.
    """
    if not target.is_a("serverless"):
        return
    most = int(target.limits["image_bytes"])
    size = sum(entry.size for entry in image.files.values() if entry.kind == "file")
    if size <= most:
        return
    path, entry = max(image.files.items(), key=lambda item: item[1].size)
    stored = sum(layer.size for layer in image.layers)
    yield Finding(
        message=f"the image unpacks to {size / 1e9:.1f} GB, and a serverless endpoint takes {most / 1e9:.1f} GB",
        evidence=(
            Evidence("image:layers", f"{len(image.layers)} layers, {stored / 1e9:.1f} GB as saved"),
            Evidence(f"image:{path}", f"{entry.size / 1e9:.2f} GB"),
            Evidence("target:endpoint", "serverless"),
        ),
        fix="install CPU builds (pip install torch --index-url https://download.pytorch.org/whl/cpu), or deploy with "
        "--instance-type",
        likelihood=Likelihood.LIKELY,
        cause="image:size",
    )
