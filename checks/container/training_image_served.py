"""Check: an image for training is to serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="An image made for training is to serve",
    fault="wrong-image-kind",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="aws/sagemaker-huggingface-inference-toolkit#45",
    symptoms=(r'exec: "serve": executable file not found in \$PATH', r"No such file or directory: 'nginx'"),
    explains=("start-program-absent", "server-program-absent"),
)
def training_image_served(image: Image) -> Iterator[Finding]:
    """
    The image has the training toolkit, and nothing that serves.

    Deep learning images come in pairs: pytorch-training and pytorch-inference. A model object that takes over the
    estimator's image gets the first, which has no server.
    """
    from doctor.image import start
    from doctor.image.locating import reference_of

    toolkits = [p for p in image.kept("/METADATA", "/PKG-INFO") if "-packages/sagemaker_" in p and "training" in p]
    names = image.names or (reference_of(image.source),)
    named = [n for n in names if "-training:" in n or "-training@" in n or n.endswith("-training")]
    if not (toolkits or named) or image.entrypoint or start.located(image, (start.ARGUMENT,)).runs:
        return
    seen = [Evidence("image:name", n) for n in named] + [
        Evidence(f"image:{p}", "the training toolkit") for p in toolkits
    ]
    name = named[0] if named else image.source
    yield Finding(
        message=f"{name} is an image for training: it has no `serve`",
        evidence=(*seen[:3], start.evidence(image)),
        fix=f"--image {name.replace('-training', '-inference')}"
        if named
        else "the -inference image of the same framework",
        log='exec: "serve": executable file not found in $PATH',
        cause="image:start",
    )
