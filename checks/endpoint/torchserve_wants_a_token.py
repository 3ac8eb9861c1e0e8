"""Check: TorchServe answers the health check with 400, for it carries no token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.settings import texts

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.image import Image
    from doctor.target import Target

_SETTING = "disable_token_authorization"
_OPTION = "--disable-token"


@check(
    title="TorchServe wants a token with every request, the health check too",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/pytorch/serve/issues/3260",
    symptoms=(r"InvalidKeyException", r"Token Authorization failed\. Token either incorrect, expired, or not provided"),
)
def torchserve_wants_a_token(
    serving: Environment, target: Target, stack: str, artifact: Artifact, image: Image
) -> Iterator[Finding | Unknown]:
    """
    Since 0.11.1 TorchServe refuses requests without a token unless it is told not to, and the platform sends none.

    Its own images and start commands have to say so: ``--disable-token-auth``, ``disable_token_authorization=true`` in
    config.properties, or TS_DISABLE_TOKEN_AUTHORIZATION=true. The platform's own PyTorch images do.
    """
    if stack not in {"torchserve", "byoc"} or "sagemaker-pytorch-inference" in serving.packages:
        return
    if "torchserve" not in serving.packages or _disabled(target, artifact, image):
        return
    from packaging.version import Version

    version = serving.version("torchserve")
    if version is None or version < Version("0.11.1"):
        return
    start = " ".join((*image.entrypoint, *image.command))
    if "torchserve" not in start or "--ts-config" in start or any(p.endswith("config.properties") for p in image.files):
        yield Unknown(f"whether the image tells torchserve {version} to do without tokens can't be seen")
        return
    yield Finding(
        message=f"torchserve {version} refuses requests without a token, /ping too, and nothing tells it not to",
        evidence=(
            serving.evidence("torchserve"),
            Evidence("image:config/Entrypoint", start),
            Evidence("target:env/TS_DISABLE_TOKEN_AUTHORIZATION", "not set"),
        ),
        fix="set TS_DISABLE_TOKEN_AUTHORIZATION=true on the endpoint, or start it with --disable-token-auth",
        likelihood=Likelihood.LIKELY,
        log='"code": 400, "type": "InvalidKeyException", "message": "Token Authorization failed. Token either '
        'incorrect, expired, or not provided correctly"',
        cause="serving:pkg/torchserve",
    )


def _disabled(target: Target, artifact: Artifact, image: Image) -> bool:
    variables = {**image.variables, **target.variables}
    if variables.get("TS_DISABLE_TOKEN_AUTHORIZATION", "").lower() == "true":
        return True
    if _OPTION in " ".join((*image.entrypoint, *image.command)):
        return True
    return any(text is None or _SETTING in text for text in texts(artifact, "config.properties"))
