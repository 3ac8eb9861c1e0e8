"""Check: the image asks for a driver, and refuses to start with the one that the instance has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="The image's NVIDIA_REQUIRE_CUDA is not met by the instance's driver",
    fault="cuda-driver",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="https://github.com/NVIDIA/nvidia-container-toolkit/issues/152",
    symptoms=(
        r"nvidia-container-cli: requirement error: unsatisfied condition: cuda\s*>=",
        r"CannotStartContainerError",
    ),
    explains=("cuda-newer-than-driver",),
)
def driver_requirement_unmet(image: Image, target: Target) -> Iterator[Finding]:
    """
    Base images of NVIDIA say in NVIDIA_REQUIRE_CUDA which drivers they start with, and the engine holds them to it.

    Each group of conditions is an alternative: cuda>=12.8, or one of the named branches of the driver. With none of
    them met the container isn't created, unless NVIDIA_DISABLE_REQUIRE is set. InferenceAmiVersion of the endpoint's
    configuration chooses the driver.
    """
    from doctor.facts import load
    from doctor.image import drivers

    asked = image.variables.get("NVIDIA_REQUIRE_CUDA", "")
    if not asked or not target.gpu or drivers.is_disabled({**image.variables, **target.variables}):
        return
    driver, ami = drivers.of(target)
    facts = load("cuda_drivers")
    cuda = facts["cuda"].get(str(driver), "")
    if not cuda:
        raise Unknown(f"nobody says for sure which driver {target.instance} has; name the AMI")
    if drivers.is_met(asked, driver, cuda):
        return
    first = asked.split()[0]
    newer = [name for name, n in facts["amis"].items() if drivers.is_met(asked, n, facts["cuda"][str(n)])]
    where = ami or f"{target.instance} without InferenceAmiVersion"
    yield Finding(
        message=f"the image asks for {first} or one of the drivers it names, and {where} has {driver}"
        f"{'' if ami else ' at most'} (CUDA {cuda})",
        evidence=(
            Evidence("image:env/NVIDIA_REQUIRE_CUDA", asked[:160]),
            Evidence("target:ami", ami or "none given"),
            target.evidence(),
        ),
        fix=f"InferenceAmiVersion={newer[0]} in the endpoint's configuration"
        if newer
        else "a base image with an earlier CUDA",
        likelihood=Likelihood.LIKELY,
        log=f"nvidia-container-cli: requirement error: unsatisfied condition: {first}",
        cause="image:cuda",
    )
