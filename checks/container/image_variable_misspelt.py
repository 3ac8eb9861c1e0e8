"""Check: the image sets a variable under a name that is almost one which its server reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The image sets a variable under a misspelt name",
    fault="endpoint-config",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://github.com/aws/sagemaker-inference-toolkit/blob/master/src/sagemaker_inference/environment.py",
    symptoms=(r"did not pass the ping health check",),
)
def image_variable_misspelt(image: Image, stack: str) -> Iterator[Finding]:
    """
    A server takes its default where a variable has another name than the one it reads, and says nothing.

    `ENV SM_MODEL_SERVER_TIMEOUT=300` changes nothing: sagemaker-inference reads SAGEMAKER_MODEL_SERVER_TIMEOUT. Told of
    images with a serving stack whose variables are known; a server of one's own may read any name.
    """
    from doctor.image import start
    from doctor.variables import meant

    if stack in {"byoc", "mlflow"}:
        return
    scripts = "\n".join(text for _, text in start.scripts(image))
    for name, value in image.variables.items():
        right = meant(name)
        if right and right not in image.variables and name not in scripts:
            yield Finding(
                message=f"the image sets {name}, which nothing reads: {right} is probably meant",
                evidence=(Evidence(f"image:env/{name}", value),),
                fix=f"ENV {right}={value}",
                likelihood=Likelihood.LIKELY,
                cause=f"image:env/{name}",
            )
