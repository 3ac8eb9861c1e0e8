"""Check: the image holds libraries of the GPU's driver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image brings a GPU driver of its own",
    fault="cuda-driver",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"Driver/library version mismatch", r"system has unsupported display driver / cuda driver combination"),
)
def driver_in_image(image: Image, target: Target) -> Iterator[Finding]:
    """
    The driver's libraries have to be of the version of the host's kernel module, so the host brings them.

    The platform asks not to put NVIDIA drivers into the image. Packages such as nvidia-driver or libnvidia-compute come
    along as dependencies of others; the stubs and the compatibility package of the CUDA toolkit are no drivers.
    """
    import re

    if not target.gpu:
        return
    pattern = re.compile(r"(?:^|/)lib(?:cuda|nvidia-ml)\.so\.(\d{3}\.\d+(?:\.\d+)?)$")
    found = [(p, m[1]) for p in image.files if (m := pattern.search(p)) and "/compat/" not in p and "/stubs/" not in p]
    if found:
        path, version = found[0]
        yield Finding(
            message=f"/{path} is of driver {version}: unless the host has the same, the GPU can't be used",
            evidence=tuple(Evidence(f"image:{p}", f"driver {v}") for p, v in found[:3]),
            fix="leave the driver's packages out of the image: apt-get remove 'nvidia-driver-*' 'libnvidia-compute-*'",
            likelihood=Likelihood.LIKELY,
            log="Failed to initialize NVML: Driver/library version mismatch",
            cause="image:driver",
        )
