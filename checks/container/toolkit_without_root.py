"""Check: the serving toolkit's image has a USER of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.image import Image


@check(
    title="The serving toolkit runs as a user that may not write where it writes",
    fault="permissions",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="aws/sagemaker-inference-toolkit#72",
    symptoms=(r"PermissionError: \[Errno 13\] Permission denied: '/(\.sagemaker|opt/ml|home/model-server)",),
)
def toolkit_without_root(image: Image, serving: Environment) -> Iterator[Finding]:
    """
    sagemaker-inference copies the model and writes the server's configuration when it starts.

    As another user than root it may not, unless the image gives that user the folders. The platform expects containers
    to run as root.
    """
    if image.user.split(":")[0] not in {"", "0", "root"} and "sagemaker-inference" in serving.packages:
        yield Finding(
            message=f"USER {image.user}: sagemaker-inference {serving.packages['sagemaker-inference']} writes below / "
            "when it starts, which fails unless that user was given the folders",
            evidence=(Evidence("image:config/User", image.user), serving.evidence("sagemaker-inference")),
            fix="USER root in the Dockerfile",
            likelihood=Likelihood.LIKELY,
            log="PermissionError: [Errno 13] Permission denied: '/.sagemaker'",
            cause="image:user",
        )
