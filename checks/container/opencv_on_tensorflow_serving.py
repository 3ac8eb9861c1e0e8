"""Check: OpenCV is to be installed at start-up on the TensorFlow Serving image, which has no libGL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="OpenCV needs libGL, which the TensorFlow Serving image doesn't have",
    fault="missing-system-library",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="aws/sagemaker-tensorflow-serving-container#159",
    symptoms=(r"ImportError: libGL\.so\.1: cannot open shared object file",),
)
def opencv_on_tensorflow_serving(
    handler: Handler, models: Models, serving: Environment, stack: str
) -> Iterator[Finding]:
    """
    opencv-python is linked with libGL, and code/requirements.txt can't install that.

    The cloud's TensorFlow Serving images don't have it, by the reports of their users; an image of one's own may. Where
    the image is given as a file, its files decide, and this isn't asked.
    """
    from doctor.facts import load
    from doctor.used import first_of, modules

    if stack != "tensorflow-serving" or serving.complete:
        return
    wheels = load("system_libraries")["wheels"]
    for change in serving.changes:
        instead = wheels.get(change.name, {}).get("instead")
        seen = first_of("cv2", modules(handler, models)) if instead and change.kind != "conflicts" else None
        if seen:
            yield Finding(
                message=f"{change.requirement or change.name} needs libGL.so.1, which TensorFlow Serving images lack",
                evidence=(Evidence(change.where, change.requirement or change.name), seen),
                fix=f"{instead} in place of {change.name} in code/requirements.txt",
                likelihood=Likelihood.LIKELY,
                log="ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
                cause="image:library/libGL.so.1",
            )
            return
