"""Check: the PyTorch toolkit leaves TorchServe's model API off, by which models are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.target import Target

_TOOLKIT = "sagemaker-pytorch-inference"


@check(
    title="TorchServe's model API is off, so a multi-model endpoint can't load models",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/pull/167",
    symptoms=(r"Model API enabled: false", r'"POST /models HTTP/1\.1" 405', r"MethodNotAllowedException"),
)
def model_api_disabled(serving: Environment, stack: str, target: Target) -> Iterator[Finding]:
    """
    TorchServe 0.11.1 and later take no models while they run, unless enable_model_api is set.

    sagemaker-pytorch-inference 2.0.25 means to set it, but the line is the last of its file and has no end, and the
    next setting is written onto it: TorchServe reads "truedefault_response_timeout=60", which isn't true. Every
    request to load a model is answered with 405. Set the variable TS_ENABLE_MODEL_API=true, which goes first.
    """
    rule = load("multi_model")["model_api"]
    if stack != "pytorch" or not target.is_a("multi-model") or rule["variable"] in target.variables:
        return
    from packaging.version import Version

    toolkit, server = serving.version(_TOOLKIT), serving.version("torchserve")
    if toolkit != Version(rule["toolkit"]) or server is None or server < Version(rule["torchserve_since"]):
        return
    yield Finding(
        message=f"{_TOOLKIT} {toolkit} leaves the model API of TorchServe {server} off: loading a model is answered "
        "with 405",
        evidence=(
            serving.evidence(_TOOLKIT),
            serving.evidence("torchserve"),
            Evidence(f"target:env/{rule['variable']}", "not set"),
            Evidence("target:endpoint", "multi-model"),
        ),
        fix=f"--env {rule['variable']}=true",
        likelihood=Likelihood.LIKELY,
        log='Model API enabled: false ... ACCESS_LOG - "POST /models HTTP/1.1" 405',
        cause=f"serving:pkg/{_TOOLKIT}",
    )
