"""Reads Triton's model configurations (``config.pbtxt``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.triton import InstanceGroup, TritonConfig
from doctor.formats.stream import Stream
from doctor.formats.textproto import Message, parse

LARGEST = 1 << 20
DTYPES: Mapping[str, str] = {
    "TYPE_BOOL": "bool", "TYPE_UINT8": "uint8", "TYPE_UINT16": "uint16", "TYPE_UINT32": "uint32",
    "TYPE_UINT64": "uint64", "TYPE_INT8": "int8", "TYPE_INT16": "int16", "TYPE_INT32": "int32", "TYPE_INT64": "int64",
    "TYPE_FP16": "float16", "TYPE_FP32": "float32", "TYPE_FP64": "float64", "TYPE_STRING": "string",
    "TYPE_BF16": "bfloat16",
}  # fmt: skip


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a config.pbtxt says."""
    if size > LARGEST:
        raise Unreadable(f"{size} bytes are too many for a model configuration")
    try:
        text = stream.read(size).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 text: {error}") from None
    message = parse(text)
    return ModelFile(
        path,
        "triton-config",
        size,
        {},
        inputs=tuple(_port(m) for m in _messages(message, "input")),
        outputs=tuple(_port(m) for m in _messages(message, "output")),
        facts=_facts(message),
    )


def _facts(message: Message) -> TritonConfig:
    steps = [s for e in _messages(message, "ensemble_scheduling") for s in _messages(e, "step")]
    ports = [*_messages(message, "input"), *_messages(message, "output")]
    specific = [s for p in _messages(message, "version_policy") for s in _messages(p, "specific")]
    return TritonConfig(
        _text(message, "name"),
        _text(message, "platform"),
        _text(message, "backend"),
        _number(_text(message, "max_batch_size")) or 0,
        _text(message, "default_model_filename"),
        tuple(_group(m) for m in _messages(message, "instance_group")),
        tuple(_text(s, "model_name") for s in steps),
        tuple(_text(p, "name") for p in ports if "reshape" in p),
        tuple(_text(p, "name") for p in ports if _text(p, "optional") == "true"),
        tuple(str(v) for s in specific for v in s.get("versions", ()) if isinstance(v, str)),
        tuple(_text(p, "key") for p in _messages(message, "parameters")),
        tuple(message),
    )


def _group(message: Message) -> InstanceGroup:
    gpus = tuple(n for v in message.get("gpus", ()) if (n := _number(v)) is not None)
    return InstanceGroup(_text(message, "kind"), _number(_text(message, "count")) or 1, gpus)


def _port(message: Message) -> Port:
    dims = [_number(d) for d in message.get("dims", ())]
    shape = tuple(None if d is None or d < 0 else d for d in dims) if "dims" in message else None
    word = _text(message, "data_type")
    return Port(_text(message, "name"), DTYPES.get(word, word), shape)


def _messages(message: Message, name: str) -> list[Message]:
    return [v for v in message.get(name, ()) if isinstance(v, dict)]


def _text(message: Message, name: str) -> str:
    values = message.get(name) or [""]
    return str(values[-1]) if isinstance(values[-1], str) else ""


def _number(text: Any) -> int | None:
    if not isinstance(text, str) or len(text) > 18 or not text.isascii():
        return None
    return int(text) if text.lstrip("-").isdigit() and text.rfind("-") <= 0 else None
