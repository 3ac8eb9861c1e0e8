"""Check: an imported package is linked with the GPU's driver, and the instance has no GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.image import Image
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A package linked with the GPU's driver meets an instance without a GPU",
    fault="cuda-driver",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="aws/sagemaker-python-sdk#440",
    symptoms=(r"libcuda\.so\.1: cannot open shared object file",),
)
def driver_library_without_gpu(image: Image, handler: Handler, models: Models, target: Target) -> Iterator[Finding]:
    """
    libcuda.so.1 belongs to the driver, which only hosts with a GPU have.

    The platform puts the driver's libraries into the container. A package that is linked with them, like some builds of
    TensorFlow, can't even be imported on an instance without a GPU. Builds that open them when they need them can.
    """
    from doctor.image import loading
    from doctor.used import modules

    if target.gpu:
        return
    for one in loading.loaded(image, modules(handler, models)):
        lacking = next((m for m in loading.missing(image, one) if loading.of_the_driver(m.name)), None)
        if lacking:
            yield Finding(
                message=f"import {one.module} needs the GPU driver's {lacking.name}, and {target.instance} has no GPU",
                evidence=(Evidence(f"image:{lacking.path}", f"NEEDED {lacking.name}"), one.seen, target.evidence()),
                fix=f"a build of {one.module} for CPUs in the image, or an instance with a GPU",
                log=f"ImportError: {lacking.name}: cannot open shared object file: No such file or directory",
                cause=f"image:library/{lacking.name}",
            )
            return
