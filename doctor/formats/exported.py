"""
Reads .pt2 files: programs of torch.export (in the layout since PyTorch 2.8 and the one before), AOTInductor packages.

All are zips. Programs are JSON, of which the versions and the signature are kept; weights are skipped, compiled
libraries are told by the first bytes of their header, and nothing is run.
"""

from __future__ import annotations

import json
import re
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.aotinductor import Libraries
from doctor.formats.kinds.base import ModelFile, Port, Tensor
from doctor.formats.kinds.exported import Exported, Packaged, Schema
from doctor.formats.stream import Stream
from doctor.formats.zipstream import Entry, entries

LARGEST_PARSED = 16 << 20  # of a program; larger ones are searched for their versions alone
LARGEST_KEPT = 64 << 20
MOST_PROGRAMS = 1000
MOST_TENSORS = 100_000
MOST_DIMENSIONS = 64

FLAT = "serialized_exported_program.json"
# torch/_export/serde/schema.py: ScalarType
DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16",
    29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz", 32: "float8_e5m2fnuz",
}  # fmt: skip


class _Seen:
    """What has passed of one file."""

    def __init__(self) -> None:
        self.programs: dict[str, Any] = {}
        self.flat = False
        self.version = ""
        self.archive = False
        self.libraries = Libraries()

    def take(self, entry: Entry) -> None:
        name = entry.name if entry.name == FLAT else _inner(entry.name)
        if name == FLAT:
            self.flat = True
            self.programs[""] = _program(entry.body)
        elif entry.name == "version":
            self.version = _short(entry.body)
        elif name == "archive_format":
            self.archive = _short(entry.body) == "pt2"
        elif name.startswith("models/") and name.endswith(".json") and len(self.programs) < MOST_PROGRAMS:
            self.programs[name[7:-5]] = _program(entry.body)
        elif "aotinductor/" in entry.name:
            self.libraries.take(entry)


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """
    Return what a .pt2 file holds; its format is "torch-export" or "aotinductor".

    Raises:
        Unreadable: it isn't whole, or neither of the two.
    """
    seen = _Seen()
    for entry in entries(stream):
        seen.take(entry)
    if seen.libraries:
        facts = Packaged(seen.libraries.models(), tuple(seen.programs))
        return ModelFile(path, "aotinductor", size, {}, facts=facts)
    if not seen.programs:
        raise Unreadable("a zip without a program of torch.export and without a compiled model")
    return _exported(seen, path, size)


def _exported(seen: _Seen, path: str, size: int) -> ModelFile:
    program = next(iter(seen.programs.values()))
    schema = _schema(program.get("schema_version")) or _written(seen.version)
    values = _tensor_values(program)
    inputs = tuple(_ports(program, values, "input_specs", "user_input"))
    outputs = tuple(_ports(program, values, "output_specs", "user_output"))
    version = program.get("torch_version")
    writer = {"torch": version} if isinstance(version, str) and 0 < len(version) < 64 else {}
    devices = tuple(sorted({t.device for t in values.values() if t.device}))
    facts = Exported("flat" if seen.flat else "archive", tuple(seen.programs), schema, devices)
    tensors = tuple(_parameters(program, values))
    return ModelFile(path, "torch-export", size, writer, inputs=inputs, outputs=outputs, tensors=tensors, facts=facts)


def _inner(name: str) -> str:
    """Return an entry's name below the archive's one folder."""
    return name.partition("/")[2]


def _short(body: Stream) -> str:
    return body.peek(64).decode("latin-1").strip()


def _program(body: Stream) -> dict[str, Any]:
    """Return a program's JSON, or only its versions where it is too large to be parsed."""
    data = body.peek(LARGEST_KEPT)
    if len(data) > LARGEST_PARSED:
        return _searched(data)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"its program is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise Unreadable("its program is no table")
    return value


def _searched(data: bytes) -> dict[str, Any]:
    found = re.search(rb'"schema_version":\s{0,9}\{"major":\s{0,9}(\d{1,6}),\s{0,9}"minor":\s{0,9}(\d{1,6})\}', data)
    torch = re.search(rb'"torch_version":\s{0,9}"([\w.+-]{1,60})"', data)
    said: dict[str, Any] = {}
    if found:
        said["schema_version"] = {"major": int(found[1]), "minor": int(found[2])}
    if torch:
        said["torch_version"] = torch[1].decode("ascii", "replace")
    return said


def _schema(value: Any) -> Schema | None:
    major, minor = _count(_mapping(value).get("major")), _count(_mapping(value).get("minor"))
    return None if major is None or minor is None else Schema(major, minor)


def _written(text: str) -> Schema | None:
    found = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,6}))?", text)
    return Schema(int(found[1]), int(found[2] or 0)) if found else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value[:MOST_TENSORS] if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def _module(program: dict[str, Any]) -> dict[str, Any]:
    return _mapping(program.get("graph_module"))


def _tensor_values(program: dict[str, Any]) -> dict[str, Tensor]:
    values = _mapping(_mapping(_module(program).get("graph")).get("tensor_values"))
    return {name: _tensor(name, _mapping(meta)) for name, meta in list(values.items())[:MOST_TENSORS]}


def _tensor(name: str, meta: dict[str, Any]) -> Tensor:
    meta = _mapping(meta.get("meta")) or meta  # one level deeper in the first schemas
    device = _mapping(meta.get("device")).get("type")
    dtype = meta.get("dtype")
    sizes = tuple(_dimension(size) for size in _listed(meta.get("sizes"))[:MOST_DIMENSIONS])
    named = DTYPES.get(dtype, "") if isinstance(dtype, int) else ""
    return Tensor(name, named, sizes, device if isinstance(device, str) else "")


def _dimension(size: Any) -> int:
    """Return a dimension, -1 where it is free."""
    found = _count(_mapping(size).get("as_int"))
    return -1 if found is None else found


def _specs(program: dict[str, Any], key: str, kind: str) -> list[dict[str, Any]]:
    specs = _listed(_mapping(_module(program).get("signature")).get(key))
    return [_mapping(_mapping(spec).get(kind)) for spec in specs if kind in _mapping(spec)]


def _ports(program: dict[str, Any], values: dict[str, Tensor], key: str, kind: str) -> list[Port]:
    ports = []
    for spec in _specs(program, key, kind):
        name = _mapping(_mapping(spec.get("arg")).get("as_tensor")).get("name")
        tensor = values.get(name) if isinstance(name, str) else None
        if tensor is not None:
            ports.append(Port(tensor.name, tensor.dtype, tuple(None if d < 0 else d for d in tensor.shape)))
    return ports


def _parameters(program: dict[str, Any], values: dict[str, Tensor]) -> list[Tensor]:
    found = []
    for kind in ("parameter", "buffer"):
        for spec in _specs(program, "input_specs", kind):
            inside, name = _mapping(spec.get("arg")).get("name"), spec.get(f"{kind}_name")
            tensor = values.get(inside) if isinstance(inside, str) else None
            if tensor is not None and isinstance(name, str) and -1 not in tensor.shape:
                found.append(tensor._replace(name=name))
    return found
