"""The step "measure": the model loaded and called on a real GPU, with what PyTorch's allocator had meanwhile."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from doctor.trials.probe import calling, inputs, modes
from doctor.trials.probe.chain import Chain
from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.requests import finding

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request

CALLS = 2  # as the step "memory" follows


def run(request: Request, channel: Channel) -> dict[str, Any]:
    """
    Return what a model had of a GPU; NotTried where PyTorch isn't what runs it, or sees no GPU.

    The phases are "import" and "load", then "inputs" and "predict". All sizes are in bytes::

        way                what loaded the model
        source             what it was called with: "sample", or who said what it takes
        batch              rows of each call; 0 for a sample, which has as many as it has
        gpu, capability    of the GPU: "NVIDIA A10G", [8, 6]
        total              memory that CUDA sees of it
        torch, cuda        versions; cudnn: 0 without
        parameters, buffers    of the modules on the GPU
        on_gpu             whether the script put any module there
        gradients          whether a call's answer keeps what gradients need; None where that can't be told; made-up
                           rows are called without gradients
        load_reserved      the most that the allocator had reserved until the model was loaded
        loaded_allocated, loaded_reserved    then
        peak_allocated, peak_reserved        the most that it had during the calls
        calls              of each: allocated, reserved (most during it), seconds
        used               of the whole GPU, by everybody, at the end
    """
    chain = Chain(request, channel)
    model = chain.load()
    torch = _torch()
    on_gpu = [m for m in modes.modules(model) if any(t.is_cuda for t in _tensors(m))]
    torch.cuda.synchronize()
    told: dict[str, Any] = {"way": chain.how, "on_gpu": bool(on_gpu), "torch": str(torch.__version__)}
    told.update(_gpu(torch), **_sizes(on_gpu))
    told["load_reserved"] = torch.cuda.max_memory_reserved()
    told["loaded_allocated"], told["loaded_reserved"] = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
    channel.phase("inputs")
    call, source, batch = _call(model, chain, request)
    told.update(source=source, batch=batch, gradients=None)
    channel.phase("predict")
    gc.collect()
    torch.cuda.empty_cache()  # of what finding inputs tried
    torch.cuda.reset_peak_memory_stats()
    told["calls"] = [_measured(torch, call, told) for _ in range(CALLS)]
    told["peak_allocated"] = max(c["allocated"] for c in told["calls"])
    told["peak_reserved"] = max(c["reserved"] for c in told["calls"])
    free, total = torch.cuda.mem_get_info()
    told["used"] = total - free
    return told


def _torch() -> Any:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        raise NotTried("PyTorch isn't what runs the model, so its allocator tells nothing")
    if not torch.cuda.is_available():
        raise NotTried("PyTorch sees no GPU here")
    return torch


def _tensors(module: Any) -> list[Any]:
    return [*module.parameters(), *module.buffers()]


def _gpu(torch: Any) -> dict[str, Any]:
    found = torch.cuda.get_device_properties(0)
    cudnn = torch.backends.cudnn.version() if torch.backends.cudnn.is_available() else 0
    return {
        "gpu": str(found.name),
        "capability": [int(found.major), int(found.minor)],
        "total": int(found.total_memory),
        "cuda": str(torch.version.cuda or ""),
        "cudnn": int(cudnn or 0),
    }


def _sizes(found: list[Any]) -> dict[str, int]:
    """Return the bytes of parameters and buffers; what modules share counts once."""
    parameters = {p.data_ptr(): p.numel() * p.element_size() for m in found for p in m.parameters() if p.is_cuda}
    buffers = {b.data_ptr(): b.numel() * b.element_size() for m in found for b in m.buffers() if b.is_cuda}
    return {"parameters": sum(parameters.values()), "buffers": sum(buffers.values())}


def _call(model: Any, chain: Chain, request: Request) -> tuple[Callable[[], Any], str, int]:
    """Return what asks the model once: the sample as a request, or else made-up rows as the model takes them."""
    asked = finding.given(request)
    if asked is not None:
        return (lambda: chain.transform(asked.body, asked.content_type, asked.accept)), asked.source, 0
    try:
        signature = inputs.of_model(model, request.seconds * 0.2)
    except inputs.NotFound as reason:
        raise NotTried("no sample is given, and what the model takes can't be told: {}".format(reason)) from reason
    said = request.said.get("memory") or {}
    batch = int((said.get("batches") or [1])[0])
    example = inputs.example(signature, batch)
    return (lambda: calling.call(model, example)), signature.source, batch


def _measured(torch: Any, call: Callable[[], Any], told: dict[str, Any]) -> dict[str, Any]:
    """Ask once; its answer is forgotten before the next."""
    began = time.time()
    answer = call()
    torch.cuda.synchronize()
    seconds = time.time() - began
    if torch.is_tensor(answer):
        told["gradients"] = bool(answer.requires_grad)
    del answer
    gc.collect()
    return {
        "allocated": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
        "seconds": round(seconds, 4),
    }
