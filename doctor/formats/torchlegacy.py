"""
Reads what torch.save wrote before its zip format (before 1.6, or ``_use_new_zipfile_serialization=False``).

Five pickles one after the other (a number, a protocol, the system, the object, the keys of the storages), then each
storage: 8 bytes of length and its data, which is skipped.
"""

from __future__ import annotations

from doctor.errors import Unreadable
from doctor.formats.inert import Call
from doctor.formats.kinds.base import ModelFile
from doctor.formats.opcodes import scan
from doctor.formats.stream import Stream
from doctor.formats.torchparts import Parts, calls
from doctor.formats.torchvalues import Storage, saved, storage, tensors

MAGIC = 0x1950A86A20F9469CFC6C
MOST_STORAGES = 1_000_000


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return what a torch.save file of the format before zip holds.

    Raises:
        Unreadable: it isn't whole, or not of that format.
    """
    if scan(stream).value != MAGIC:
        raise Unreadable("doesn't begin with PyTorch's number")
    scan(stream)
    scan(stream)
    storages: dict[str, Storage] = {}
    parts = Parts()
    pickle = scan(stream, made=lambda call: _note(storages, call), built=parts.built)
    _pass_storages(stream, storages)
    facts = saved(pickle.value, protocol=pickle.protocol, legacy=True)
    facts = facts._replace(called=calls(pickle), parts=parts.all)
    held = tuple(tensors(pickle.value))
    return ModelFile(path, "torch-legacy", size, {}, symbols=pickle.symbols, tensors=held, facts=facts)


def _note(storages: dict[str, Storage], call: Call) -> None:
    held = storage(call.args[0]) if isinstance(call.args, tuple) and call.args else None
    if held is not None:
        storages[held.key] = held


def _pass_storages(stream: Stream, storages: dict[str, Storage]) -> None:
    keys = scan(stream).value
    if not isinstance(keys, list) or len(keys) > MOST_STORAGES:
        raise Unreadable("no list of storages behind its object")
    for key in keys:
        held = storages.get(str(key))
        elements = int.from_bytes(stream.read(8), "little")
        if held is None or not held.dtype:
            return
        if elements != held.elements:
            raise Unreadable(f"storage {held.key} has {elements} elements, its object says {held.elements}")
        stream.skip(held.size)
