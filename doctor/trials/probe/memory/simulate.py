"""The dispatch mode that follows every tensor's memory on the fake GPU, operator by operator."""

from __future__ import annotations

import weakref
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch.utils._python_dispatch import TorchDispatchMode  # type: ignore[import-not-found,unused-ignore]
from torch.utils._pytree import tree_leaves  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory import quick, rules, shadows
from doctor.trials.probe.memory.events import Events, Label
from doctor.trials.probe.memory.rules import known
from doctor.trials.probe.memory.rules.base import Operation

_COMPOSITE = "CompositeImplicitAutograd"
_KEY = torch._C.DispatchKey.CompositeImplicitAutograd  # noqa: SLF001
_DEVICE = torch.ops.prim.device.default
_SCALAR = "aten::_local_scalar_dense"


class Follower(TorchDispatchMode):  # type: ignore[misc,unused-ignore]
    """
    Records what operators ask of the allocator.

    Composite operators are taken apart below the mode, as they are on a GPU, so that what they make on the way is
    seen; those with a rule follow it.

    Attributes:
        gpu: what is pretended.
        events: the recording.
        inexact: operators whose use of memory isn't known, or only that of their results, by name.
        guessed: how many values were asked for that nothing tells.
        where: the path of the module that runs.
        label: what requests are labelled as in place of the operator ("weights"), "" for the operator.
    """

    def __init__(self, gpu: Any, events: Events) -> None:
        super().__init__()
        self.gpu = gpu
        self.events = events
        self.inexact: dict[str, int] = {}
        self.guessed = 0
        self.where = ""
        self.label = ""
        self.workspaces: dict[str, int] = {}  # of libraries, allocated once
        self._live: dict[int, tuple[int, int]] = {}  # of storages: the request's number and bytes
        self._composite: dict[Any, bool] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is _DEVICE:
            return getattr(args[0], "fake_device", None) or func(*args)
        kwargs = kwargs or {}
        if func._schema.name == _SCALAR:  # noqa: SLF001
            return self._scalar(args[0])
        rule = rules.of(func)
        if rule is not None:
            result = rule(Operation(self, func, args, kwargs))
            if result is not NotImplemented:
                return result
        if self._is_composite(func):
            with self:
                result = func._op_dk(_KEY, *args, **kwargs)  # the kernel, and no decomposition of Python's  # noqa: SLF001
            if result is not NotImplemented:
                return result
        return self.plain(func, args, kwargs)

    def plain(self, func: Any, args: Any, kwargs: Any) -> Any:
        """Run an operator that asks for its results' memory, and none beside it."""
        for value in args:
            if isinstance(value, torch.Tensor):
                shadows.take_constant(value)
        result = quick.run(func, args, kwargs)
        if result is NotImplemented:
            result = func(*args, **kwargs)
        self.track(result, func)
        shadows.follow(func, args, kwargs, result)
        return result

    def track(self, result: Any, func: Any) -> None:
        """Record the memory of what an operator gave."""
        for value in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(value, torch.Tensor):
                shadows.take_constant(value)
                if value.device.type == "cuda":
                    self._tracked(value.untyped_storage(), func)
            elif isinstance(value, (tuple, list)):
                self.track(value, func)

    def named(self, func: Any) -> Label:
        """Return the label of what an operator asks for."""
        if self.label:
            return Label(self.label)
        name = "{}.{}".format(func.namespace, func._schema.name.split("::")[-1])  # noqa: SLF001
        exact = known.exact(func)
        if not exact or known.hides(func):
            self.inexact[name] = self.inexact.get(name, 0) + 1
        return Label(name, self.where, exact)

    def _tracked(self, storage: Any, func: Any) -> None:
        key, size = storage._cdata, storage.nbytes()  # noqa: SLF001
        known_size = self._live.get(key)
        if known_size is not None:
            if known_size[1] != size:  # resized in place: the new memory is there before the old one goes
                number = self.events.malloc(size, self.named(func))
                self.events.free(known_size[0])
                self._live[key] = (number, size)
            return
        self._live[key] = (self.events.malloc(size, self.named(func)), size)
        weakref.finalize(storage, self._freed, key).atexit = False

    def _freed(self, key: int) -> None:
        self.events.free(self._live.pop(key)[0])

    def _is_composite(self, func: Any) -> bool:
        found = self._composite.get(func)
        if found is None:
            has = torch._C._dispatch_has_kernel_for_dispatch_key  # noqa: SLF001
            found = func.namespace in ("aten", "torchvision") and has(func.name(), _COMPOSITE)
            self._composite[func] = found
        return found

    def _scalar(self, tensor: Any) -> Any:
        shadows.take_constant(tensor)
        value = shadows.of(tensor)
        if value is not None:
            with shadows.real():
                return value.item()
        self.guessed += 1
        return False if tensor.dtype == torch.bool else 0.0 if tensor.dtype.is_floating_point else 0


def leaves(value: Any) -> list[Any]:
    """Return the tensors in an operator's arguments or results."""
    return [t for t in tree_leaves(value) if isinstance(t, torch.Tensor)]
