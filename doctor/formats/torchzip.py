"""
Reads the zip files of PyTorch: what torch.save writes, and TorchScript archives.

torch.save puts its pickle first, which gives the size of every storage behind it: all of those are skipped. TorchScript
puts the storages first. Neither's weights are kept, and no code of theirs runs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from doctor.errors import Unreadable
from doctor.formats.inert import Call
from doctor.formats.kinds.base import ModelFile, Port, Symbol, Tensor
from doctor.formats.kinds.torch import TorchScript
from doctor.formats.opcodes import Scan, scan
from doctor.formats.stream import Stream
from doctor.formats.torchcode import Code
from doctor.formats.torchparts import Parts, calls
from doctor.formats.torchvalues import saved, storage, tensors
from doctor.formats.zipstream import Entry, entries

LARGEST_RECORD = 64


class _Seen(NamedTuple):
    """What has passed of one archive: its pickles by name, short records, the code, and the sizes of storages."""

    pickles: dict[str, Scan]
    records: dict[str, str]
    code: Code
    sizes: dict[str, int]
    names: set[str]
    parts: Parts


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return what a zip of PyTorch's holds; its format is "torch-zip" or "torchscript".

    Raises:
        Unreadable: it isn't whole, or not PyTorch's.
    """
    seen = _Seen({}, {}, Code(), {}, set(), Parts())
    for entry in entries(stream, lambda name: seen.sizes.get(_inner(name))):
        _take(seen, entry)
    if "constants.pkl" in seen.names and "data.pkl" in seen.names:
        return _script(seen, path, size)
    if "data.pkl" in seen.pickles:
        return _saved(seen, path, size)
    raise Unreadable("a zip without data.pkl, which torch.save and TorchScript write")


def _inner(name: str) -> str:
    """Return an entry's name below the archive's one folder."""
    return name.partition("/")[2]


def _take(seen: _Seen, entry: Entry) -> None:
    name = _inner(entry.name)
    seen.names.add(name)
    if name in {"data.pkl", "traced_inputs.pkl"}:
        seen.pickles[name] = scan(entry.body, made=lambda call: _note(seen, name, call), built=seen.parts.built)
    elif name.startswith("code/") and name.endswith(".py"):
        seen.code.take(name, entry.body)
    elif name in {"version", ".data/version", "byteorder"}:
        seen.records[name] = entry.body.peek(LARGEST_RECORD).decode("latin-1").strip()


def _note(seen: _Seen, pickle: str, call: Call) -> None:
    """Note the size of the storage that a call views, under the name of its entry."""
    if pickle == "data.pkl" and isinstance(call.args, tuple) and call.args:
        held = storage(call.args[0])
        if held is not None and held.dtype and "/" not in held.key:
            seen.sizes[f"data/{held.key}"] = held.size


def _version(seen: _Seen) -> str:
    return seen.records.get("version") or seen.records.get(".data/version") or ""


def _saved(seen: _Seen, path: str, size: int) -> ModelFile:
    pickle = seen.pickles["data.pkl"]
    facts = saved(pickle.value, protocol=pickle.protocol, version=_version(seen))
    facts = facts._replace(called=calls(pickle), parts=seen.parts.all)
    held = tuple(tensors(pickle.value))
    return ModelFile(path, "torch-zip", size, {}, symbols=pickle.symbols, tensors=held, facts=facts)


def _script(seen: _Seen, path: str, size: int) -> ModelFile:
    pickle = seen.pickles["data.pkl"]
    root = _root(pickle.value)
    forward, methods = seen.code.method(root, "forward"), seen.code.methods(root)
    examples = _examples(seen.pickles.get("traced_inputs.pkl"))
    version = _version(seen)
    facts = TorchScript(
        int(version) if version.isdecimal() and len(version) < 10 else 0,
        root,
        True if examples else None,
        forward,
        methods,
        seen.code.devices,
        seen.code.operators,
        examples,
        seen.code.called,
    )
    takes = [a for a in forward.arguments if a.type == "Tensor"] if forward else []
    inputs = tuple(Port(a.name, "", None) for a in takes)
    held = tuple(tensors(pickle.value))
    return ModelFile(path, "torchscript", size, {}, inputs=inputs, tensors=held, facts=facts)


def _root(value: Any) -> str:
    function = value.function if isinstance(value, Call) else None
    return f"{function.module}.{function.name}" if isinstance(function, Symbol) else ""


def _examples(pickle: Scan | None) -> tuple[Tensor, ...]:
    """Return the tensors that forward was traced with: the pickle holds ``{"forward": [...]}`` in type tags."""
    value: Any = pickle.value if pickle else None
    for _ in range(4):
        if isinstance(value, Call) and value.function == Symbol("torch.jit._pickle", "restore_type_tag"):
            value = value.args[0] if isinstance(value.args, tuple) and value.args else None
        elif isinstance(value, dict):
            value = value.get("forward")
    return tuple(tensors(value)) if isinstance(value, (list, tuple)) else ()
