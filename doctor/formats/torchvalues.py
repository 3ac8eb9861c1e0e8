"""What the inert values of a PyTorch pickle are: its tensors by name, its state dict, module or checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from doctor.formats.inert import Call, Persistent
from doctor.formats.kinds.base import ITEM_BYTES, Symbol, Tensor, tensor_bytes
from doctor.formats.kinds.torch import TorchSave

MOST_VALUES = 1_000_000
DEEPEST = 200

STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "QInt8Storage": "qint8", "QUInt8Storage": "quint8", "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2", "QUInt2x4Storage": "quint2x4", "UntypedStorage": "uint8",
}  # fmt: skip

_MODULE_PARTS = ("_parameters", "_buffers", "_modules")
_WEIGHT_KEYS = (
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module", "ema",
)  # fmt: skip


class Storage(NamedTuple):
    """The bytes that tensors view: key, dtype of an element, device as written, and how many elements."""

    key: str
    dtype: str
    device: str
    elements: int

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.elements * ITEM_BYTES.get(self.dtype, 0))


def storage(value: Any) -> Storage | None:
    """Return what a persistent id ``("storage", torch.FloatStorage, "0", "cuda:0", 8)`` names, or None."""
    parts = value.id if isinstance(value, Persistent) else None
    if not isinstance(parts, tuple) or len(parts) < 5 or parts[0] != "storage":
        return None
    kind, key, device, count = parts[1:5]
    if not (isinstance(kind, Symbol) and isinstance(device, str) and type(count) is int and count >= 0):
        return None
    return Storage(str(key), STORAGES.get(kind.name, ""), device, count)


def tensor(value: Any, name: str, depth: int = 0) -> Tensor | None:
    """Return the tensor that a call would rebuild, or None where it rebuilds none."""
    if not isinstance(value, Call) or not isinstance(value.function, Symbol) or not isinstance(value.args, tuple):
        return None
    if value.function.module not in {"torch._utils", "torch._tensor"} or not value.args or depth > 4:
        return None
    first = value.args[0]
    if value.function.name == "_rebuild_from_type_v2":
        inner = Call(first, value.args[2] if len(value.args) > 2 else ())
        return tensor(inner, name, depth + 1)
    if value.function.name in {"_rebuild_parameter", "_rebuild_parameter_with_state"}:
        return tensor(first, name, depth + 1)
    if value.function.name == "_rebuild_meta_tensor_no_storage":
        return _meta(value.args, name)
    return _viewed(value, name)


def _meta(args: tuple[Any, ...], name: str) -> Tensor | None:
    shape = _shape(args[1] if len(args) > 1 else None)
    return None if shape is None else Tensor(name, getattr(args[0], "name", ""), shape, "meta")


def _viewed(value: Call, name: str) -> Tensor | None:
    held = storage(value.args[0])
    shape = _shape(value.args[2] if len(value.args) > 2 else None)
    if held is None or shape is None:
        return None
    dtype = held.dtype
    if value.function.name == "_rebuild_tensor_v3" and len(value.args) > 6 and isinstance(value.args[6], Symbol):
        dtype = value.args[6].name
    return Tensor(name, dtype, shape, held.device, held.key, value.function.name == "_rebuild_qtensor")


def _shape(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, Call) and value.function == Symbol("torch", "Size") and value.args:
        value = value.args[0] if isinstance(value.args, tuple) else None
    if isinstance(value, (tuple, list)) and all(type(n) is int and 0 <= n < 1 << 48 for n in value):
        return tuple(value)
    return None


def tensors(value: Any, name: str = "") -> Iterator[Tensor]:
    """Yield the tensors inside a value, named by the way to them, as a state dict names them."""
    waiting = [(value, name, 0)]
    left = MOST_VALUES
    while waiting and left:
        left -= 1
        at, here, depth = waiting.pop()
        found = tensor(at, here)
        if found is not None:
            yield found
        elif depth < DEEPEST:
            waiting += [(v, _below(here, k), depth + 1) for k, v in reversed(list(_parts(at)))]


def _below(name: str, key: str) -> str:
    return (f"{name}.{key}" if name and key else name or key)[:1000]


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is directly inside a value, with the part of a name that it adds."""
    if isinstance(value, (list, tuple)) and not isinstance(value, (Symbol, Persistent)):
        yield from ((str(n), v) for n, v in enumerate(value))
    elif isinstance(value, dict):
        yield from (("" if k in _MODULE_PARTS else str(k), v) for k, v in value.items() if _is_name(k))
    elif isinstance(value, Call):
        yield from _parts(value.entries or {})
        yield from _parts(value.state if isinstance(value.state, (dict, tuple)) else ())
        yield from _parts(value.items or ())
        if value.state is None and not value.entries:
            yield from _parts(value.args if isinstance(value.args, tuple) else ())


def _is_name(key: Any) -> bool:
    return isinstance(key, (str, int))


def mapping(value: Any) -> Mapping[Any, Any] | None:
    """Return the entries of a dict or OrderedDict, or None for anything else."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Call) and isinstance(value.function, Symbol) and value.function.name.endswith("Dict"):
        return value.entries or {}
    return None


def module(value: Any) -> Symbol | None:
    """Return the class of a whole nn.Module, or None where the value is none."""
    state = value.state if isinstance(value, Call) else None
    if isinstance(state, dict) and "_modules" in state and "_parameters" in state:
        return _class(value.function)
    return None


def _class(value: Any) -> Symbol | None:
    """Return a class as it is named, or as the format before zip names it: ``("module", class, file, source)``."""
    if isinstance(value, Persistent) and isinstance(value.id, tuple) and len(value.id) > 1:
        value = value.id[1]
    return value if isinstance(value, Symbol) else None


def is_state_dict(value: Any) -> bool:
    """Say whether a value is a module's state dict: what ``state_dict()`` returns, or a dict of nothing but tensors."""
    entries = mapping(value)
    if not entries or not all(isinstance(k, str) for k in entries):
        return False
    if isinstance(value, Call) and isinstance(value.state, dict) and "_metadata" in value.state:
        return True
    return all(tensor(v, "") is not None for v in entries.values())


def is_optimizer(value: Any) -> bool:
    """Say whether a value is an optimizer's state dict."""
    entries = mapping(value)
    return entries is not None and "param_groups" in entries and "state" in entries


def saved(value: Any, *, protocol: int, version: str = "", legacy: bool = False) -> TorchSave:
    """Return what a torch.save file holds."""
    entries = mapping(value)
    keys = tuple(k for k in entries or () if isinstance(k, str))
    common = TorchSave("other", keys, protocol=protocol, version=version, legacy=legacy)
    if module(value):
        return common._replace(layout="module", module=module(value), attributes=tuple(map(str, value.state)))
    if is_state_dict(value):
        return common._replace(layout="state-dict", state_keys=keys)
    if tensor(value, "") is not None:
        return common._replace(layout="tensor")
    return _checkpoint(common, entries) if entries else common


def _checkpoint(common: TorchSave, entries: Mapping[Any, Any]) -> TorchSave:
    optimizer = tuple(k for k, v in entries.items() if isinstance(k, str) and is_optimizer(v))
    spent = sum(_bytes(entries[k]) for k in optimizer)
    common = common._replace(optimizer=optimizer, optimizer_bytes=spent)
    inside = [k for k, v in entries.items() if isinstance(k, str) and (is_state_dict(v) or module(v))]
    if not inside:
        return common
    key = next((k for k in _WEIGHT_KEYS if k in inside), inside[0])
    keys = tuple(k for k in mapping(entries[key]) or () if isinstance(k, str))
    return common._replace(layout="checkpoint", weights=key, state_keys=keys, module=module(entries[key]))


def _bytes(value: Any) -> int:
    seen: dict[str, int] = {}
    for found in tensors(value):
        key = found.storage or f"at {len(seen)}"
        seen[key] = max(seen.get(key, 0), tensor_bytes(found))
    return sum(seen.values())
