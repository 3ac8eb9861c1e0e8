"""
Common operators without fake mode's own cache and checks, which take longer than the operators' meta kernels.

A generated text is a hundred thousand calls. Views run their meta kernel; of operators that give one new tensor the
layout is remembered by the layouts of their arguments. Only calls whose tensors all lie on the fake GPU go this way.
"""

from __future__ import annotations

from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch._subclasses import fake_tensor  # type: ignore[import-not-found,unused-ignore]

_FakeTensor = fake_tensor.FakeTensor
_NEW = frozenset(
    "aten::" + name
    for name in "mm addmm bmm baddbmm cat _softmax mean sum embedding _to_copy clone gather".split()  # noqa: SIM905
)
_VIEW, _FRESH, _OTHER = "view", "fresh", ""
_KINDS: dict[Any, str] = {}
_LAYOUTS: dict[Any, Any] = {}
_MOST = 100000


def run(func: Any, args: Any, kwargs: Any) -> Any:
    """Return what an operator gives; NotImplemented where it doesn't go this way."""
    kind = _KINDS.get(func)
    if kind is None:
        kind = _KINDS[func] = _kind(func)
    if not kind:
        return NotImplemented
    key, mode = _key(args)
    if mode is None:
        return NotImplemented
    if kind == _VIEW:
        return _viewed(func, args, kwargs, mode)
    if not all(isinstance(v, (int, float, str, torch.dtype, torch.memory_format, type(None))) for v in kwargs.values()):
        return NotImplemented
    return _made(func, args, kwargs, (func, *key, *kwargs.items()), mode)


def _viewed(func: Any, args: Any, kwargs: Any, mode: Any) -> Any:
    device = torch.device("cuda", 0)
    with fake_tensor.in_kernel_invocation_manager(mode):
        result = func(*args, **kwargs)
    if isinstance(result, torch.Tensor):
        return result if type(result) is _FakeTensor else _FakeTensor(mode, result, device)
    return [_FakeTensor(mode, part, device) for part in result]


def _made(func: Any, args: Any, kwargs: Any, key: Any, mode: Any) -> Any:
    try:
        layout = _LAYOUTS.get(key)
    except TypeError:  # something that has no hash
        return NotImplemented
    if layout is None:
        result = func(*args, **kwargs)
        if type(result) is _FakeTensor and result.fake_device.type == "cuda" and result.storage_offset() == 0:
            if len(_LAYOUTS) > _MOST:
                _LAYOUTS.clear()
            _LAYOUTS[key] = (tuple(result.shape), tuple(result.stride()), result.dtype)
        return result
    shape, stride, dtype = layout
    with fake_tensor.in_kernel_invocation_manager(mode):
        made = torch.empty_strided(shape, stride, dtype=dtype, device="meta")
    return _FakeTensor(mode, made, torch.device("cuda", 0))


def _kind(func: Any) -> str:
    schema = func._schema  # noqa: SLF001
    if func.namespace != "aten" or schema.is_mutable or len(schema.returns) != 1:
        return _OTHER
    if schema.name == "aten::_unsafe_view":  # of the same memory, although its schema doesn't say so
        return _VIEW
    info = schema.arguments[0].alias_info if schema.arguments else None
    if info is not None:
        plain = any(f in str(schema.returns[0].type) for f in ("Tensor", "List[Tensor]"))
        return _VIEW if plain and not info.is_write and _has_kernel(func) else _OTHER
    if str(schema.returns[0].type) != "Tensor":
        return _OTHER
    return _FRESH if torch.Tag.pointwise in func.tags or schema.name in _NEW else _OTHER


def _has_kernel(func: Any) -> bool:
    has = torch._C._dispatch_has_kernel_for_dispatch_key  # noqa: SLF001
    return bool(has(func.name(), "Meta") or has(func.name(), "CompositeExplicitAutograd"))


def _key(args: Any) -> tuple[list[Any], Any]:
    """Return the layouts of arguments, and the fake mode of tensors that all lie on the fake GPU, None elsewhere."""
    mode: Any = None
    key: list[Any] = []
    for value in args:
        if isinstance(value, torch.Tensor):
            if type(value) is not _FakeTensor or value.fake_device.type != "cuda":
                return [], None
            mode = value.fake_mode
            key.append((value.shape, value.stride(), value.dtype))
        elif isinstance(value, (list, tuple)):
            inner, found = _key(value)
            if found is None and any(isinstance(part, torch.Tensor) for part in value):
                return [], None
            mode = found or mode
            key.append(tuple(inner))
        else:
            key.append((type(value), value))
    return key, mode
