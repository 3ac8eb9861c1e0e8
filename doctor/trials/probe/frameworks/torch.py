"""PyTorch: modules by their state dict, TorchScript and exported programs by their own files."""

from __future__ import annotations

import copy
import ctypes
import hashlib
import os
from collections.abc import Iterator
from typing import Any

from doctor.trials.probe import constructed
from doctor.trials.probe.frameworks.base import Adapter, Parameter, digest, of_value


def of(model: Any) -> Adapter | None:
    """Return the adapter of a module, a script module or an exported program."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    if isinstance(model, torch.jit.ScriptModule):
        return Script()
    if isinstance(model, torch.nn.Module):
        return Module()
    return Exported() if type(model).__name__ == "ExportedProgram" else None


class _Torch(Adapter):
    name = "torch"

    def parameters(self, model: Any) -> Iterator[Parameter]:
        """Yield the tensors of its state dict, and what a quantized layer keeps beside them."""
        for name, value in _state(model).items():
            yield from _described(str(name), value)

    def size(self, model: Any) -> tuple[int, int]:
        """Return the same without reading the tensors: they may be large."""
        return size_of(_state(model))


class Module(_Torch):
    """A module of Python: its state dict goes into a new module of the same class."""

    way = "torch.save of the state dict, load_state_dict into a new module of the same class"

    def save(self, model: Any, folder: str) -> None:
        """Write its state dict."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        torch.save(model.state_dict(), os.path.join(folder, "state.pt"))

    def reload(self, model: Any, folder: str) -> Any:
        """Return a module of the same class with the state dict that was written."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        path = os.path.join(folder, "state.pt")
        try:
            state = torch.load(path, map_location="cpu", weights_only=False)
        except TypeError:  # before 1.13
            state = torch.load(path, map_location="cpu")
        fresh = constructed.again(model)
        if fresh is None:
            fresh = _emptied(copy.deepcopy(model))
            self.way = "torch.save of the state dict, load_state_dict into an emptied copy"
        _fitted(fresh, model)
        fresh.load_state_dict(state)
        fresh.train(model.training)
        return fresh


def _emptied(module: Any) -> Any:
    """Overwrite what a state dict brings, so that what it doesn't bring back shows."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    with torch.no_grad():
        for tensor in module.state_dict().values():
            if isinstance(tensor, torch.Tensor) and not tensor.is_quantized and tensor.layout is torch.strided:
                tensor.zero_()
    return module


def _fitted(fresh: Any, model: Any) -> None:
    """Give a new module the dtype of the one that was saved, where that has one."""
    kinds = {tensor.dtype for tensor in model.parameters() if tensor.dtype.is_floating_point}
    if len(kinds) == 1:
        fresh.to(kinds.pop())


class Script(_Torch):
    """TorchScript."""

    way = "torch.jit.save"

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        torch.jit.save(model, os.path.join(folder, "model.pt"))

    def reload(self, model: Any, folder: str) -> Any:
        """Read it."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        fresh = torch.jit.load(os.path.join(folder, "model.pt"), map_location="cpu")
        fresh.train(model.training)
        return fresh


class Exported(_Torch):
    """A program of torch.export."""

    way = "torch.export.save"

    def save(self, model: Any, folder: str) -> None:
        """Write it."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        torch.export.save(model, os.path.join(folder, "model.pt2"))

    def reload(self, model: Any, folder: str) -> Any:  # noqa: ARG002
        """Read it."""
        import torch  # type: ignore[import-not-found,unused-ignore]

        return torch.export.load(os.path.join(folder, "model.pt2"))


def _state(model: Any) -> dict[str, Any]:
    state = dict(model.state_dict() if callable(model.state_dict) else model.state_dict)
    state.update(getattr(model, "constants", None) or {})
    return state


def size_of(state: dict[str, Any]) -> tuple[int, int]:
    """Return how many entries a state dict has, and the bytes of those that are tensors."""
    return len(state), sum(v.numel() * v.element_size() for v in state.values() if hasattr(v, "element_size"))


def _described(name: str, value: Any) -> Iterator[Parameter]:
    import torch  # type: ignore[import-not-found,unused-ignore]

    if isinstance(value, torch.Tensor):
        yield tensor(name, value)
    elif isinstance(value, (tuple, list)):
        for index, inner in enumerate(value):
            yield from _described(f"{name}[{index}]", inner)
    elif hasattr(value, "__getstate__") and type(value).__name__ == "ScriptObject":
        yield from _described(name, value.__getstate__())
    elif value is not None:
        yield of_value(name, value)


def tensor(name: str, value: Any) -> Parameter:
    """Return a tensor as a parameter: its raw bytes, whatever its dtype, layout or device."""
    shape = tuple(int(n) for n in value.shape)
    dtype = str(value.dtype).replace("torch.", "")
    if value.device.type == "meta":
        return Parameter(name, dtype, shape, "meta")
    found = [_raw(part) for part in _dense(value.detach())]
    return Parameter(name, dtype, shape, digest("".join(d for d, _ in found).encode()), sum(n for _, n in found))


def _dense(value: Any) -> list[Any]:
    """Return the plain tensors that make up one that is quantized or sparse."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    if value.is_quantized:
        if value.qscheme() in (torch.per_channel_affine, torch.per_channel_affine_float_qparams):
            return [value.int_repr(), value.q_per_channel_scales(), value.q_per_channel_zero_points()]
        return [value.int_repr(), torch.tensor([value.q_scale(), float(value.q_zero_point())])]
    if value.layout is torch.sparse_coo:
        whole = value.coalesce()
        return [whole.indices(), whole.values()]
    return [value] if value.layout is torch.strided else [value.to_dense()]


def _raw(value: Any) -> tuple[str, int]:
    for resolve in ("resolve_conj", "resolve_neg"):
        value = getattr(value, resolve)() if hasattr(value, resolve) else value
    whole = value.cpu().contiguous()
    size = whole.numel() * whole.element_size()
    made = hashlib.sha256()
    if size:  # straight from memory: NumPy need not be there, and has no bfloat16
        made.update((ctypes.c_char * size).from_address(whole.data_ptr()))
    return made.hexdigest(), size
