"""
Fake CUDA: tensors that say they are on a GPU, on a machine that has none, and with no memory behind them.

FakeTensorMode computes shapes, dtypes and devices alone. On builds of torch without CUDA nothing says which device is
current, so that copies and indexing fail ("PyTorch is not linked with support for cuda devices"); the guard of the
meta device, which does nothing, is lent to CUDA there. It mutates the process, so it belongs in one of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._subclasses import fake_tensor  # type: ignore[import-not-found,unused-ignore]
from torch.overrides import TorchFunctionMode  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.memory import drivers, moving

_CUDA, _META = 1, 14  # c10/core/DeviceType.h
_REGISTRY = "_ZN3c104impl26device_guard_impl_registryE"


class Gpu(NamedTuple):
    """
    What decides how memory is used there.

    Args:
        name: as reports call it.
        capability: its compute capability, (8, 6).
        sms: streaming multiprocessors.
        memory: bytes that segments may take; 0 not known.
    """

    name: str
    capability: tuple[int, int]
    sms: int
    memory: int = 0

    @classmethod
    def of(cls, said: dict[str, Any]) -> Gpu:
        """Return it as a request names it: {"name", "capability": [8, 6], "sms", "memory"}."""
        major, minor = said["capability"]
        return cls(str(said.get("name", "")), (int(major), int(minor)), int(said["sms"]), int(said.get("memory") or 0))

    @property
    def threads_per_sm(self) -> int:
        """Threads that one of its multiprocessors holds (CUDA C++ programming guide, table of capabilities)."""
        if self.capability in ((8, 6), (8, 7), (8, 9)) or self.capability[0] == 12:
            return 1536
        return 1024 if self.capability == (7, 5) else 2048


@contextlib.contextmanager
def cuda(gpu: Gpu) -> Iterator[Any]:
    """
    Enter a world in which "cuda" is there: factories, moves and torch.cuda's questions work, without a driver.

    Yields the fake mode. Raises NotTried where this build of torch can't be made to.
    """
    lend_guard()
    mode = _WithoutDevice(allow_non_fake_inputs=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(drivers.pretended(gpu))
        stack.enter_context(moving.rebinding())
        stack.enter_context(_without_context())
        stack.enter_context(mode)
        stack.enter_context(FirstDevice())
        yield mode


@contextlib.contextmanager
def _without_context() -> Iterator[None]:
    """Keep fake tensors from starting CUDA (``init_gpu_context``, called init_cuda_context up to torch 2.4)."""
    names = [n for n in ("init_gpu_context", "init_cuda_context") if hasattr(fake_tensor, n)]
    kept = {name: getattr(fake_tensor, name) for name in names}
    for name in names:
        setattr(fake_tensor, name, lambda *_: None)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(fake_tensor, name, function)


def lend_guard() -> None:
    """Give CUDA the guard of the meta device, where there is no GPU: its own, where it has one, asks the driver."""
    if torch.backends.cuda.is_built() and torch.cuda.device_count():
        return
    try:
        library = ctypes.CDLL(os.path.join(os.path.dirname(torch.__file__), "lib", "libc10.so"))
        guards = (ctypes.c_void_p * (_META + 1)).in_dll(library, _REGISTRY)
    except (OSError, ValueError) as error:
        raise NotTried("torch {} can't be given a fake GPU: {}".format(torch.__version__, error)) from error
    guards[_CUDA] = guards[_META]


class _WithoutDevice(fake_tensor.FakeTensorMode):  # type: ignore[misc,unused-ignore]
    """The fake mode, which believes that there is no GPU although torch.cuda says so."""

    avoid_device_init = True


class FirstDevice(TorchFunctionMode):  # type: ignore[misc,unused-ignore]
    """Says "cuda:0" wherever the program says "cuda": the lent guard's own current device is the meta device."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.cuda:
            return args[0].to("cuda:0")
        if "device" in kwargs:
            kwargs = dict(kwargs, device=_first(kwargs["device"]))
        if func is torch.Tensor.to and any(type(a) is str or type(a) is torch.device for a in args[1:]):
            args = (args[0],) + tuple(_first(a) if type(a) is not int else a for a in args[1:])
        return func(*args, **kwargs)


def _first(value: Any) -> Any:
    """Return a device with its index, anything else as it is."""
    if isinstance(value, int) and not isinstance(value, bool):
        return torch.device("cuda", 0)
    if isinstance(value, str) and value == "cuda":
        return torch.device("cuda", 0)
    if isinstance(value, torch.device) and value.type == "cuda":
        return torch.device("cuda", 0)
    return value
