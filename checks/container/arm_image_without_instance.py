"""Check: the image is for arm64, and nothing says that the instance is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image starts on arm64 instances only",
    fault="cpu-architecture",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="aws-samples/sagemaker-studio-custom-image-samples#28",
    symptoms=(r"exec \S+: exec format error",),
)
def arm_image_without_instance(image: Image, target: Target) -> Iterator[Finding]:
    """
    An arm64 image starts on instances with Graviton processors, and on no other.

    On a Mac with Apple silicon that is what `docker build` makes unless told otherwise. Say with --instance-type where
    it will run, and this is decided.
    """
    from doctor.image.start import shown_path

    if image.architecture == "arm64" and not target.instance:
        yield Finding(
            message="the image is for arm64: on anything but a Graviton instance (c6g, c7g, m6g, r7gd, ...) nothing in "
            "it can be run",
            evidence=(Evidence("image:config/architecture", "arm64"),),
            fix="docker buildx build --platform linux/amd64 --provenance=false ... (or --instance-type ml.c7g.xlarge)",
            likelihood=Likelihood.LIKELY,
            log=f"exec {shown_path(image)}: exec format error",
            cause="image:architecture",
        )
