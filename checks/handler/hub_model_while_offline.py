"""Check: a hub's model is asked for although the endpoint is set offline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.target import Target

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@check(
    title="A model of the hub is loaded, and the endpoint sets the hub offline",
    fault="network-or-iam",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables#hfhuboffline",
    symptoms=(
        r"We couldn't connect to 'https://huggingface.co",
        r"OfflineModeIsEnabled",
        r"outgoing traffic has been disabled",
    ),
    explains=("network-at-load",),
)
def hub_model_while_offline(handler: Handler, target: Target, artifact: Artifact) -> Iterator[Finding]:
    """
    With HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE set, from_pretrained only finds what is in a local cache.

    A name such as ``bert-base-uncased`` is not there in a fresh container. Pack the model, and load it from model_dir.
    """
    off = next((v for v in _OFFLINE if target.variables.get(v, "").upper() in {"1", "TRUE", "YES", "ON"}), None)
    cached = any(v in target.variables for v in ("HF_HOME", "HF_HUB_CACHE", "TRANSFORMERS_CACHE"))
    if off is None or cached:
        return
    for opened in handler.opened():
        call, name = opened.call, opened.text
        if (
            not call.name.endswith(".from_pretrained")
            or name is None
            or not opened.relative
            or artifact.has_folder(name)
        ):
            continue
        if call.certain and not call.caught and not any(k.arg == "cache_dir" for k in call.node.keywords):
            yield Finding(
                message=f"{call.path}:{call.line} loads {name!r} from the hub, and {off}={target.variables[off]}",
                evidence=(handler.seen(call.path, call.line), Evidence(f"target:env/{off}", target.variables[off])),
                fix=f"pack the model's files, and load them from model_dir; or drop {off}",
                likelihood=Likelihood.LIKELY,
                log="OSError: We couldn't connect to 'https://huggingface.co' to load the files",
                cause=f"artifact:{call.path}:{call.line}",
            )
