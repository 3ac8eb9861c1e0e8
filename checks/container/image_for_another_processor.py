"""Check: the image was built for another processor than the instance has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image was built for another processor",
    fault="cpu-architecture",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="aws-samples/aws-lex-conv-faq#8",
    symptoms=(r"exec \S+: exec format error",),
    explains=("start-script-without-shebang",),
)
def image_for_another_processor(image: Image, target: Target) -> Iterator[Finding]:
    """
    An image built on a Mac with Apple silicon is for arm64, and most instances are x86-64.

    The kernel can't run its programs. The reverse holds for instances with Graviton processors (c6g, m6g, c7g, ...),
    which run arm64 images only.
    """
    from doctor.image.start import shown_path

    built = {"amd64": "x86_64"}.get(image.architecture, image.architecture)
    has = target.hardware["arch"]
    if built and built != has:
        platform = "linux/amd64" if has == "x86_64" else "linux/arm64"
        yield Finding(
            message=f"the image is for {image.architecture}, and {target.instance} has {has} processors",
            evidence=(Evidence("image:config/architecture", image.architecture), target.evidence()),
            fix=f"docker buildx build --platform {platform} --provenance=false ...",
            log=f"exec {shown_path(image)}: exec format error",
            cause="image:architecture",
        )
