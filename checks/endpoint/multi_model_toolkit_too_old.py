"""Check: the PyTorch toolkit starts TorchServe with a model that a multi-model endpoint doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.target import Target

_PACKAGE = "sagemaker-pytorch-inference"
_BROKEN, _MENDED = "2.0.10", "2.0.11"  # torchserve.py passes --models, and doesn't with SAGEMAKER_MULTI_MODEL


@check(
    title="The PyTorch toolkit is too old for a multi-model endpoint",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/pull/130",
    symptoms=(r"Backend worker process died",),
)
def multi_model_toolkit_too_old(serving: Environment, stack: str, target: Target) -> Iterator[Finding | Unknown]:
    """
    sagemaker-pytorch-inference up to 2.0.10 has TorchServe load a model "model" at start, whatever the endpoint's kind.

    A multi-model endpoint has none then: models come later, by requests. The worker dies, again and again. Take an
    image with a newer toolkit.
    """
    if stack != "pytorch" or not target.is_a("multi-model"):
        return
    from packaging.version import Version

    if _PACKAGE not in serving.packages:
        yield Unknown(f"{serving.source} doesn't say which {_PACKAGE} is there")
        return
    version = serving.version(_PACKAGE)
    if version is None or version > Version(_BROKEN):
        return
    yield Finding(
        message=f"{_PACKAGE} {version} has TorchServe load a model at start, and a multi-model endpoint has none then",
        evidence=(serving.evidence(_PACKAGE), Evidence("target:endpoint", "multi-model")),
        fix=f"take an image with {_PACKAGE} {_MENDED} or newer",
        likelihood=Likelihood.LIKELY,
        log="org.pytorch.serve.wlm.WorkerLifeCycle - Backend worker process died.",
        cause=f"serving:pkg/{_PACKAGE}",
    )
