"""Check: the image's CUDA needs a newer driver than the instance has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image's CUDA needs a newer driver than the instance has",
    fault="cuda-driver",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html",
    symptoms=(
        r"CUDA driver version is insufficient for CUDA runtime version",
        r"The NVIDIA driver on your system is too old",
        r"This container was built for NVIDIA Driver Release",
        r"CannotStartContainerError",
    ),
)
def cuda_newer_than_driver(image: Image, target: Target) -> Iterator[Finding]:
    """
    A major version of CUDA has an oldest driver: 525 for CUDA 12, 580 for CUDA 13.

    The driver is the host's: InferenceAmiVersion of the endpoint's configuration chooses it. An image with NVIDIA's
    compatibility package (cuda-compat) runs on older ones, where its start script puts that on LD_LIBRARY_PATH; so one
    with it is not judged here.
    """
    from doctor.facts import load
    from doctor.image import drivers

    if not target.gpu:
        return
    version, seen = _cuda(image)
    if not version:
        raise Unknown(f"{image.source} doesn't say which CUDA is in it")
    if any("/compat/libcuda.so" in path for path in image.files):
        return
    facts = load("cuda_drivers")
    oldest = facts["oldest"].get(version.split(".")[0])
    driver, ami = drivers.of(target)
    if oldest is None or not driver:
        raise Unknown(f"nobody says for sure which driver {target.instance} has; name the AMI")
    if driver < oldest:
        where = ami or f"{target.instance} without InferenceAmiVersion"
        has = f"{driver}{'' if ami else ' at most'}"
        newer = next((name for name, number in facts["amis"].items() if number >= oldest), "")
        yield Finding(
            message=f"CUDA {version} needs driver {oldest} or newer, and {where} has {has}: it doesn't start",
            evidence=(seen, Evidence("target:ami", ami or "none given"), target.evidence()),
            fix=f"InferenceAmiVersion={newer} in the endpoint's configuration",
            likelihood=Likelihood.CERTAIN if ami else Likelihood.LIKELY,
            log="CUDA driver version is insufficient for CUDA runtime version, or no log at all",
            cause="image:cuda",
        )


def _cuda(image: Image) -> tuple[str, Evidence]:
    """The image's CUDA, by the variable that NVIDIA's base images set, or its runtime library."""
    if version := image.variables.get("CUDA_VERSION", ""):
        return version, Evidence("image:env/CUDA_VERSION", version)
    found = sorted(p for p in image.files if p.rpartition("/")[2].startswith("libcudart.so.") and "-packages" not in p)
    version = found[-1].rpartition("libcudart.so.")[2] if found else ""
    return version, Evidence(f"image:{found[-1]}" if found else "image:cuda", version)
