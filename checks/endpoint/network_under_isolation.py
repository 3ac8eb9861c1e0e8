"""Check: the script fetches something on an endpoint that has no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.target import Target

# What asks for nothing yet, and what answers False without a network.
_HARMLESS = ("boto3.client", "boto3.resource", "boto3.session.Session", "nltk.download")
_HUB = (".from_pretrained", ".pipeline", ".SentenceTransformer", "torch.hub.load")
_CACHES = ("HF_HOME", "HF_HUB_CACHE", "TRANSFORMERS_CACHE", "TORCH_HOME", "SENTENCE_TRANSFORMERS_HOME")
_ISOLATED = Evidence("target:network-isolation", "on: the container reaches nothing")


@check(
    title="The script fetches something, and the endpoint has no network",
    fault="network-or-iam",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    symptoms=(
        r"Failed to establish a new connection: \[Errno -\d\]",
        r"Temporary failure in name resolution",
        r"We couldn't connect to 'https://huggingface.co",
    ),
    explains=("network-at-load", "pip-at-import"),
)
def network_under_isolation(handler: Handler, target: Target) -> Iterator[Finding]:
    """
    Network isolation takes every connection from the container, those to storage and package indexes too.

    What the script fetches while it starts waits until it times out, or fails at once. Put models and data into the
    archive.
    """
    if not target.network_isolation:
        return
    from doctor.handler.uses import fetches

    cached = any(name in target.variables for name in _CACHES)
    for call, what in fetches(handler):
        hub = call.name.endswith(_HUB)
        if call.certain and not call.caught and call.name not in _HARMLESS and not (hub and cached):
            yield Finding(
                message=f"{call.path}:{call.line} {what}, and network isolation is on",
                evidence=(handler.seen(call.path, call.line), _ISOLATED),
                fix="download it before you pack, put it into the archive, and load it from model_dir",
                log="urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>"
                if "urllib" in what
                else "",
                likelihood=Likelihood.LIKELY if hub else Likelihood.CERTAIN,
                cause=f"artifact:{call.path}:{call.line}",
            )
            return
