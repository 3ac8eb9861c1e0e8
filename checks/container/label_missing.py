"""Check: the image lacks the label that this kind of endpoint asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target

_PREFIX = "com.amazonaws.sagemaker.capabilities."


@check(
    title="The image lacks a label that the kind of endpoint asks for",
    fault="container-labels",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="aws/sagemaker-tensorflow-serving-container#156",
    symptoms=(r"does not contain required com\.amazonaws\.sagemaker\.capabilities\.[\w-]+=true Docker label",),
)
def label_missing(image: Image, target: Target) -> Iterator[Finding]:
    """
    Several models behind one endpoint, and several containers, need images that say they can do it.

    For a multi-model endpoint that is the label com.amazonaws.sagemaker.capabilities.multi-models=true; for a pipeline,
    where the platform names the port in SAGEMAKER_BIND_TO_PORT, accept-bind-to-port=true. The call that makes the model
    fails without.
    """
    asked = ["multi-models"] if target.is_a("multi-model") else []
    asked += ["accept-bind-to-port"] if "SAGEMAKER_BIND_TO_PORT" in target.variables else []
    for name in asked:
        value = image.labels.get(_PREFIX + name)
        if value != "true":
            yield Finding(
                message=f"the image's label {_PREFIX}{name} is {value or 'absent'}, and this endpoint needs 'true'",
                evidence=(Evidence(f"image:label/{_PREFIX}{name}", value or "absent"),),
                fix=f"LABEL {_PREFIX}{name}=true in the Dockerfile",
                log=f"ValidationException ... does not contain required {_PREFIX}{name}=true Docker label(s).",
                cause=f"image:label/{name}",
            )
