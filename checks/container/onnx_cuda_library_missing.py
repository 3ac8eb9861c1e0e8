"""Check: ONNX Runtime's CUDA provider needs libraries that the image lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.image import Image


@check(
    title="ONNX Runtime's CUDA provider can't be loaded in this image",
    fault="onnx-gpu-provider",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="infiniflow/ragflow#905",
    symptoms=(r"Failed to load library \S*libonnxruntime_providers_(cuda|tensorrt)\.so with error: lib\S+",),
)
def onnx_cuda_library_missing(image: Image, handler: Handler) -> Iterator[Finding]:
    """
    A build of onnxruntime-gpu is linked with one major version of CUDA and cuDNN, and falls back to the CPU without it.

    get_available_providers() lists CUDA all the same. The image's CUDA has to be of the version that the build needs.
    """
    from doctor.image.loading import Loaded, missing, of_the_driver
    from doctor.onnxruntime import asks_for_cuda

    line = asks_for_cuda(handler)
    provider = next((p for p in image.libraries if p.endswith("capi/libonnxruntime_providers_cuda.so")), "")
    if not line or not provider:
        return
    lacking = [m for m in missing(image, Loaded("onnxruntime", provider, line)) if not of_the_driver(m.name)]
    if lacking:
        names = ", ".join(dict.fromkeys(m.name for m in lacking))
        there = sorted(p.rpartition("/")[2] for p in image.files if "/libcudart.so." in f"/{p}")
        yield Finding(
            message=f"onnxruntime's CUDA provider needs {names}, which the image lacks: the model runs on the CPU",
            evidence=(
                Evidence(f"image:{lacking[0].path}", f"NEEDED {lacking[0].name}"),
                line,
                Evidence("image:cuda", ", ".join(there) or "no libcudart"),
            ),
            fix="an onnxruntime-gpu that was built for the image's CUDA, or a base image with the CUDA that it needs",
            log=f"Failed to load library libonnxruntime_providers_cuda.so with error: {lacking[0].name}: cannot open "
            "shared object file: No such file or directory",
            cause="image:cuda",
        )
