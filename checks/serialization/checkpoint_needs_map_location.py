"""Check: a checkpoint saved on a GPU is loaded without map_location where there is no such GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.torchloads import JIT_LOAD, TORCH_LOAD, Load, loads, passed, seen, without_gpu

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_LOG = (
    "RuntimeError: Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you "
    "are running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your "
    "storages to the CPU."
)
_LOG_JIT = "NotImplementedError: Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend."


@check(
    title="A checkpoint saved on a GPU is loaded on a machine without one",
    fault="checkpoint-device",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/Sujit-O/pykg2vec/issues/223",
    symptoms=(
        r"Attempting to deserialize object on a CUDA device but torch\.cuda\.is_available\(\) is False",
        r"Attempting to deserialize object on CUDA device \d+ but torch\.cuda\.device_count\(\) is",
        r"Could not run 'aten::empty_strided' with arguments from the 'CUDA' backend",
    ),
)
def checkpoint_needs_map_location(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    PyTorch puts every tensor back on the device that it was saved from, unless told otherwise.

    A file saved during training on a GPU says "cuda:0" of each of its tensors. On an instance without a GPU, or with
    PyTorch's CPU build, loading it fails. Say where the tensors go: ``torch.load(path, map_location="cpu")``, or
    ``map_location=device`` with ``device = "cuda" if torch.cuda.is_available() else "cpu"``.
    """
    for load in loads(handler, models, TORCH_LOAD + JIT_LOAD):
        devices = sorted({t.device for t in load.file.tensors if t.device.startswith("cuda")})
        location = passed(load.call, 1, "map_location")
        asked = isinstance(location, str) and location.startswith("cuda")
        if not (asked or (devices and location is None)):
            continue
        try:
            proof = without_gpu(target, serving)
        except Unknown as reason:
            yield Unknown(
                f"{load.file.path} needs a GPU as {handler.where(load.call.path, load.call.line)} loads it; {reason}"
            )
            continue
        if proof is not None:
            yield _finding(handler, load, str(location) if asked else devices[0], proof)


def _finding(handler: Handler, load: Load, device: str, proof: Evidence) -> Finding:
    path = load.file.path
    tagged = sum(t.device.startswith("cuda") for t in load.file.tensors)
    says = f"{tagged} of {len(load.file.tensors)} tensors are tagged {device}"
    return Finding(
        message=f"{path} is loaded onto {device}, and there is no GPU when it serves: {proof.saw}",
        evidence=(seen(handler, load.call), Evidence(f"artifact:{path}", says), proof),
        fix=f'{load.call.name}(..., map_location="cpu")',
        log=_LOG_JIT if load.file.format == "torchscript" else _LOG,
        cause=f"artifact:{path}/device",
    )
