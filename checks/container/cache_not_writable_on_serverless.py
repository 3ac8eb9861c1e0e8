"""Check: a cache folder that a serverless endpoint may not write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target

_CACHES = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "TORCH_HOME", "NUMBA_CACHE_DIR")


@check(
    title="A serverless endpoint may not write the cache folder",
    fault="permissions",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="huggingface/text-embeddings-inference#609",
    symptoms=(r"Permission denied \(os error 13\)", r"Read-only file system"),
)
def cache_not_writable_on_serverless(image: Image, target: Target) -> Iterator[Finding]:
    """
    On a serverless endpoint, /tmp can be written, and little else.

    Libraries that download or unpack into a cache fail where its folder is another. It doesn't matter where nothing is
    downloaded.
    """
    if not target.is_a("serverless"):
        return
    for name in _CACHES:
        value = target.variables.get(name) or image.variables.get(name, "")
        if value and not f"{value}/".startswith(("/tmp/", "/opt/ml/model/")):  # noqa: S108 - where the platform writes
            where = "target:env" if name in target.variables else "image:env"
            yield Finding(
                message=f"{name}={value} can't be written on a serverless endpoint: what is downloaded there fails",
                evidence=(Evidence(f"{where}/{name}", value),),
                fix=f"--env {name}=/tmp/cache on the endpoint",
                likelihood=Likelihood.LIKELY,
                log="Permission denied (os error 13)",
                cause="target:cache",
            )
            return
