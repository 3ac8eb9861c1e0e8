"""Check: PyTorch's build holds no code for the instance's GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_RUNTIMES = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11")


@check(
    title="PyTorch's build holds no code for the GPU",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/pytorch/pytorch/issues/150733",
    symptoms=(
        r"with CUDA capability sm_\d+ is not compatible with the current PyTorch installation",
        r"CUDA error: no kernel image is available for execution on the device",
        r"found GPU\d+ .* which is of cuda capability [\d.]+",
    ),
)
def torch_not_built_for_gpu(
    models: Models, handler: Handler, stack: str, target: Target, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Each wheel of PyTorch holds code for some GPUs, by their compute capability, and a GPU outside of them runs none.

    Wheels for CUDA 12.8 and later are the first for Blackwell (g7, g7e, p6: 10.0, 12.0), those for 11.8 the first for
    the H100 (9.0); from CUDA 12 on none is for the K80 (p2: 3.7), from 13 on none for the V100 (p3: 7.0). The model is
    moved to the GPU without a complaint but a warning, and the first computation fails.
    """
    if not target.gpu:
        return
    from doctor.memory.placed import placed

    if placed(models, handler, stack, target, None) is None:
        return
    gpu = str(target.hardware["gpu"]["name"])
    capability = load("gpus")["capability"].get(gpu)
    cuda = _cuda(serving)
    wheel = load("torch_builds")["wheels"].get(cuda)
    if not cuda or capability is None:
        return
    if wheel is None:
        yield Unknown(f"for which GPUs PyTorch's wheels for CUDA {cuda} are was not looked up")
        return
    if any(_runs(has, capability) for has in wheel["has"]) or _later(capability, wheel.get("ptx", "99.0")):
        return
    there, sm = " ".join(f"sm_{has.replace('.', '')}" for has in wheel["has"]), capability.replace(".", "")
    instead = load("torch_builds")["wheel_for"].get(capability.partition(".")[0], "cu128")
    yield Finding(
        message=f"torch {serving.packages['torch']} is built for CUDA {cuda}, without code for the {gpu} of "
        f"{target.instance} (sm_{sm}): it has {there}",
        evidence=(serving.evidence("torch"), Evidence("target:gpu", f"{gpu}: compute capability {capability}"),
                  target.evidence()),
        fix=f"serve with a torch of https://download.pytorch.org/whl/{instead}, or on an instance with another GPU",
        likelihood=Likelihood.LIKELY,
        log="RuntimeError: CUDA error: no kernel image is available for execution on the device",
        cause="serving:pkg/torch",
    )  # fmt: skip


def _cuda(serving: Environment) -> str:
    """Return the CUDA that PyTorch's own wheel is built with; "" for a build for CPUs, or of somebody else."""
    version = serving.version("torch")
    if version is None:
        return ""
    if version.local:
        built = re.fullmatch(r"cu(\d+)(\d)", version.local)
        return f"{built[1]}.{built[2]}" if built else ""
    runtime = next((serving.packages[n] for n in _RUNTIMES if serving.packages.get(n)), "")
    return ".".join(runtime.split(".")[:2])


def _runs(has: str, capability: str) -> bool:
    """Say whether a GPU runs code that is for a capability."""
    (major, minor), (its, least) = has.split("."), capability.split(".")
    return major == its and int(minor) <= int(least)


def _later(capability: str, than: str) -> bool:
    return tuple(map(int, capability.split("."))) >= tuple(map(int, than.split(".")))
