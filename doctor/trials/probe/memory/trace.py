"""
What a PyTorch model needs of a GPU: it is loaded and called in the fake world, and its requests are replayed.

    row = estimate(build, call, {"name": "A10G", "capability": [8, 6], "sms": 80, "memory": 23821025280})

It changes the process that it runs in (a device guard, torch.cuda while it lasts), so it should have one of its own.
Several GPUs and models can follow each other in one process.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch.overrides import TorchFunctionMode  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.memory import drivers, fake, settings
from doctor.trials.probe.memory.events import Events, Label, Replayed
from doctor.trials.probe.memory.rules import attention, gemm
from doctor.trials.probe.memory.rules.base import size_of
from doctor.trials.probe.memory.simulate import Follower

Build = Callable[[str], Any]
Call = Callable[[Any, Any, Any], Any]
_TOP = 12
_LONG = 4.0  # seconds of a call
_CHECKED: list[str] = []


def forward(module: Any, args: Any, kwargs: Any) -> Any:
    """Call a module."""
    return module(*args, **kwargs)


def estimate(
    build: Build,
    call: Call | None,
    gpu: dict[str, Any],
    *,
    gradients: bool = False,
    allocator: str = "",
    calls: int = 2,
    empty_cache: bool = True,
) -> dict[str, Any]:
    """
    Return what one model, loaded and called, needs of one GPU.

    Args:
        build: takes the device ("cuda:0") and returns the module on it, and arguments and keywords for a call. It runs
            in the fake world, so it should go the way that the real program goes (on the CPU, then ``.to(device)``; or
            on the meta device, then ``to_empty``): what loading leaves behind in the allocator matters.
        call: takes these three and returns an answer; by default the module is called.
        gpu: "name", "capability", "sms", and "memory": bytes that segments may take.
        gradients: whether they are left on.
        allocator: PYTORCH_CUDA_ALLOC_CONF.
        calls: how many; the answer of each is forgotten before the next.
        empty_cache: whether torch.cuda.empty_cache is called after loading.

    Returns:
        a row: gpu, parameters, buffers (bytes), loaded_allocated, loaded_reserved, peak_allocated and peak_reserved
        (from when it was loaded), load_reserved (at most until then), workspace (of cuBLAS, within the peak), coverage
        (share of the peak's bytes whose operators are known exactly), inexact (operators that aren't, or that hide a
        workspace), guessed (values that the program asked for and nothing tells), top (module paths and bytes at the
        peak), inputs, gradients,
        refused (bytes of the request that fails for want of "memory", 0 where none does), torch, seconds.

    Raises NotTried where this torch can't follow, and what the model itself raises.
    """
    return estimates(
        build, call, [gpu], gradients=gradients, allocator=allocator, calls=calls, empty_cache=empty_cache
    )[0]


def estimates(
    build: Build,
    call: Call | None,
    gpus: list[dict[str, Any]],
    *,
    gradients: bool = False,
    allocator: str = "",
    calls: int = 2,
    empty_cache: bool = True,
) -> list[dict[str, Any]]:
    """Return a row for each of several GPUs of one capability and size, which differ in memory alone: as `estimate`."""
    began = time.time()
    check()
    gpu = fake.Gpu.of(gpus[0])
    events, told = _followed(build, call or forward, gpu, gradients=gradients, calls=calls, empty=empty_cache)
    said = settings.read(allocator)
    replayed = events.replay(settings=said)
    loaded = replayed.marks["loaded"]
    told.update(loaded_allocated=loaded[0], loaded_reserved=loaded[1], load_reserved=replayed.load_reserved)
    told.update(peak_allocated=replayed.peak_allocated, peak_reserved=replayed.peak_reserved)
    told.update(coverage=_coverage(replayed), top=_top(replayed), gradients=gradients, torch=str(torch.__version__))
    told["seconds"] = round(time.time() - began, 3)
    return [dict(told, gpu=each, refused=_refused(events, each, replayed, said)) for each in gpus]


def _refused(events: Events, gpu: dict[str, Any], replayed: Replayed, said: settings.Settings) -> int:
    """Return the bytes of the request for which the GPU's memory doesn't do; 0 where it does for all."""
    memory = int(gpu.get("memory") or 0)
    needed = max(replayed.peak_reserved, replayed.load_reserved)
    return events.replay(memory, said).out_of_memory if 0 < memory < needed else 0


def check() -> None:
    """Raise NotTried unless what models do works in the fake world and lands on its GPU; asked once a process."""
    if _CHECKED:
        return
    gpu = fake.Gpu("", (8, 0), 108)
    try:
        with fake.cuda(gpu), Follower(gpu, Events()), torch.inference_mode():
            found = _tried()
    except NotTried:
        raise
    except Exception as error:
        text = str(error).split("\n")[0][:200]
        raise NotTried("torch {} can't follow a fake GPU: {}".format(torch.__version__, text)) from error
    wrong = [name for name, place in found.items() if place != "cuda:0"]
    if wrong:
        raise NotTried("torch {} loses the fake GPU in {}".format(torch.__version__, ", ".join(wrong)))
    _CHECKED.append("")


def _tried() -> dict[str, str]:
    net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4)).half().to("cuda")
    x = torch.randn(2, 4, dtype=torch.float16).to("cuda")
    image = torch.nn.Conv2d(1, 1, 3).cuda()(torch.ones(1, 1, 4, 4, device="cuda"))
    x[0] = 1
    found = {"a module": net(x), "a convolution": image, "indexing": x[torch.tensor([0], device="cuda")]}
    found["a copy"] = torch.empty(2, device="cuda").copy_(torch.zeros(2))
    found["a new tensor"] = torch.arange(3, device="cuda")
    return {name: str(value.device) for name, value in found.items()}


def _followed(build: Build, call: Call, gpu: fake.Gpu, *, gradients: bool, calls: int, empty: bool) -> Any:
    """Load and call the model; return the recording, and what of the row is known without replaying it."""
    events = Events()
    gc.collect()
    with fake.cuda(gpu), Follower(gpu, events) as follower, _emptying(events):
        follower.label = "weights"
        module, args, kwargs = build("cuda:0")
        follower.label = ""
        if empty:
            torch.cuda.empty_cache()
        events.mark("loaded")
        told: dict[str, Any] = {"parameters": _bytes(module.parameters()), "buffers": _bytes(module.buffers())}
        told["inputs"] = _described(args, kwargs)
        with _paths(module, follower):
            _called(lambda: call(module, args, kwargs), follower, gradients=gradients, calls=calls)  # noqa: F821
        events.mark("end")
    told["workspace"] = sum(follower.workspaces.values())
    told["inexact"] = sorted(follower.inexact, key=follower.inexact.__getitem__, reverse=True)
    told["guessed"] = follower.guessed
    del module, args, kwargs
    return events, told


class _Attention(TorchFunctionMode):  # type: ignore[misc,unused-ignore]
    """
    Sends attention to the kernel that the GPU would take, above autograd.

    With gradients on, composite operators are taken apart before a dispatch mode sees them.
    """

    def __init__(self, gpu: Any) -> None:
        super().__init__()
        self._gpu = gpu

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.nn.functional.scaled_dot_product_attention:
            asked = _asked(args, kwargs)
            if asked.query.device.type == "cuda":
                return attention.attention(asked, self._gpu)
        if func is torch.nn.functional.linear and len(args) == 3 and _apart(*args):
            return gemm.linear(*args)
        return func(*args, **kwargs)


def _apart(x: Any, weight: Any, bias: Any) -> bool:
    """Say whether a linear layer's bias is added after its product."""
    return bias is not None and x.device.type == "cuda" and x.dim() != 2 and not x.is_contiguous()


def _asked(args: Any, kwargs: dict[str, Any]) -> attention.Asked:
    names = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal", "scale", "enable_gqa")
    given = dict(zip(names, args))
    given.update(kwargs)
    values: list[Any] = [
        given.get(name, default) for name, default in zip(names, (None,) * 4 + (0.0, False, None, False))
    ]
    return attention.Asked(*values)


def above(gpu: Any) -> Any:
    """Return the context in which functions go, above autograd, the way that they go on a GPU."""
    return _Attention(gpu)


def _above(gpu: Any, *, on: bool) -> Any:
    return above(gpu) if on else contextlib.nullcontext()


def _called(call: Callable[[], Any], follower: Follower, *, gradients: bool, calls: int) -> None:
    """Call the model so many times, the answer forgotten after each; what takes long is followed once."""
    events = follower.events
    began, first = time.process_time(), events.length
    for number in range(calls):
        if number and time.process_time() - began > _LONG * number:
            events.repeat(first)
            continue
        with torch.enable_grad() if gradients else torch.inference_mode(), _above(follower.gpu, on=gradients):
            answer = call()
        del answer


@contextlib.contextmanager
def _emptying(events: Events) -> Iterator[None]:
    drivers.Asked.emptied = events.empty_cache
    try:
        yield
    finally:
        drivers.Asked.emptied = None


@contextlib.contextmanager
def _paths(module: Any, follower: Follower) -> Iterator[None]:
    """Tell the follower which module runs."""
    names = {id(part): name for name, part in module.named_modules()}
    stack: list[str] = []

    def entered(part: Any, args: Any) -> None:
        stack.append(follower.where)
        follower.where = names.get(id(part), follower.where)

    def left(part: Any, args: Any, answer: Any) -> None:
        follower.where = stack.pop() if stack else ""

    hooks = torch.nn.modules.module
    handles = (hooks.register_module_forward_pre_hook(entered), hooks.register_module_forward_hook(left))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _bytes(tensors: Any) -> int:
    return sum(size_of(tensor) for tensor in tensors)


def _described(args: Any, kwargs: Any) -> dict[str, Any]:
    given = dict(enumerate(args))
    given.update(kwargs)
    return {
        str(name): {"shape": list(value.shape), "dtype": str(value.dtype).replace("torch.", "")}
        for name, value in given.items()
        if isinstance(value, torch.Tensor)
    }


def _coverage(replayed: Replayed) -> float:
    total = sum(replayed.held.values())
    known = sum(size for label, size in replayed.held.items() if label.exact)
    return round(known / float(total), 4) if total else 1.0


def _top(replayed: Replayed) -> list[list[Any]]:
    found: dict[str, int] = {}
    for label, size in replayed.held.items():
        name = _place(label)
        found[name] = found.get(name, 0) + size
    return [[name, size] for name, size in sorted(found.items(), key=lambda item: -item[1])[:_TOP]]


def _place(label: Label) -> str:
    return "{} ({})".format(label.module, label.operator) if label.module else label.operator
