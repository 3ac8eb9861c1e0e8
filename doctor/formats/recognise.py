"""
Which format a file is, by its first bytes; its name decides only between formats that share them.

`FORMATS` is the vocabulary of ``ModelFile.format`` and says where each reader is; a reader's module is imported when
the first file of its format is met.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import cast

from doctor.formats.kinds.base import ModelFile
from doctor.formats.stream import Stream

HEAD = 4096  # bytes that recognition looks at

Reader = Callable[[Stream, str, int], ModelFile]

FORMATS: Mapping[str, str] = {
    "pickle": "doctor.formats.pickled",
    "joblib": "doctor.formats.pickled",
    "npy": "doctor.formats.arrays",
    "npz": "doctor.formats.arrays",
    "torch-zip": "doctor.formats.torchzip",
    "torchscript": "doctor.formats.torchzip",
    "torch-legacy": "doctor.formats.torchlegacy",
    "safetensors": "doctor.formats.safetensors",
    "onnx": "doctor.formats.onnx",
    "savedmodel": "doctor.formats.savedmodel",
    "tensorflow-graph": "doctor.formats.savedmodel",
    "tensorflow-checkpoint": "doctor.formats.checkpoint",
    "tflite": "doctor.formats.tflite",
    "keras": "doctor.formats.keras",
    "hdf5": "doctor.formats.hdf5",
    "torch-export": "doctor.formats.exported",
    "aotinductor": "doctor.formats.exported",
    "gguf": "doctor.formats.gguf",
    "xgboost-json": "doctor.formats.xgboost",
    "xgboost-ubj": "doctor.formats.xgboost",
    "xgboost-binary": "doctor.formats.xgboost",
    "lightgbm": "doctor.formats.lightgbm",
    "catboost": "doctor.formats.catboost",
    "mlmodel": "doctor.formats.mlmodel",
    "triton-config": "doctor.formats.triton",
    "serving-properties": "doctor.formats.properties",
    "torch-model-archive": "doctor.formats.mar",
    "skops": "doctor.formats.skops",
    "r-data": "doctor.formats.rdata",
    "pmml": "doctor.formats.pmml",
    "mxnet-params": "doctor.formats.mxnet",
}

# The module in ``doctor/formats/kinds`` that holds the facts of which formats.
KINDS: Mapping[str, tuple[str, ...]] = {
    "pickled": ("pickle", "joblib"),
    "arrays": ("npy", "npz"),
    "torch": ("torch-zip", "torchscript", "torch-legacy", "safetensors"),
    "onnx": ("onnx",),
    "exported": ("torch-export", "aotinductor"),
    "gguf": ("gguf",),
    "savedmodel": ("savedmodel",),
    "tensorflow": ("tensorflow-graph", "tensorflow-checkpoint", "tflite"),
    "keras": ("keras", "hdf5"),
    "xgboost": ("xgboost-json", "xgboost-ubj", "xgboost-binary"),
    "trees": ("lightgbm", "catboost"),
    "mlmodel": ("mlmodel",),
    "triton": ("triton-config",),
    "properties": ("serving-properties",),
    "mar": ("torch-model-archive",),
    "skops": ("skops",),
    "rdata": ("r-data",),
    "pmml": ("pmml",),
    "mxnet": ("mxnet-params",),
}

# Files that are told by their names: any text may stand in them.
_NAMES: Mapping[str, str] = {
    "mlmodel": "mlmodel",
    "config.pbtxt": "triton-config",
    "serving.properties": "serving-properties",
}

_COMPRESSED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"]\x00\x00",
    b"\x04\x22\x4d\x18",
    b"x\x01",
    b"x\x9c",
    b"x\xda",
    b"x^",
    b"ZF",
)
_PICKLED_NAMES = (
    ".pkl",
    ".pickle",
    ".joblib",
    ".sav",
    ".p",
    ".jl",
    ".gz",
    ".z",
    ".bz2",
    ".xz",
    ".lzma",
    ".lz4",
    ".model",
)


def recognise(head: bytes, path: str) -> str | None:
    """
    Return the format's word, or None where the bytes are of no model format known here.

    Args:
        head: the first `HEAD` bytes, fewer for a shorter file.
        path: the file's path in the artifact.
    """
    name = path.rsplit("/", 1)[-1].lower()
    return _NAMES.get(name) or _by_magic(head, name) or _of_tensorflow(head, name) or _by_structure(head, name)


def reader(word: str) -> Reader:
    """Return the reader of a format: ``read(stream, path, size) -> ModelFile``."""
    return cast("Reader", importlib.import_module(FORMATS[word]).read)


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"binf", "xgboost-binary"),
    (b"tree\nversion=", "lightgbm"),
    (b"tree\r\nversion=", "lightgbm"),
    (b"tree\nnum_class=", "lightgbm"),
    (b"CBM1", "catboost"),
    (b"GGUF", "gguf"),
    (b"\x12\x01" + bytes(14), "mxnet-params"),
    (b"{L\x00\x00\x00\x00", "xgboost-ubj"),
)


def _by_magic(head: bytes, name: str) -> str | None:
    if head.startswith(b"PK\x03\x04"):
        return _zip(head, name)
    for magic, word in _MAGIC:
        if head.startswith(magic):
            return word
    if b"<PMML" in head and head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<PMML", b"<!--")):
        return "pmml"
    if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return _pickle(head)
    if name.endswith((".rds", ".rdata", ".rda")) and head.startswith(
        (*_COMPRESSED[:3], b"RDX", b"RDA", b"X\n", b"A\n")
    ):
        return "r-data"
    return "joblib" if head.startswith(_COMPRESSED) and name.endswith(_PICKLED_NAMES) else None


def _zip(head: bytes, name: str) -> str | None:
    if name.endswith((".zip", ".mar", ".skops")):  # a .zip has any files at all
        return {"mar": "torch-model-archive", "skops": "skops"}.get(name.rpartition(".")[2])
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length]
    if first.endswith(b".npy"):
        return "npz"
    if first in {b"metadata.json", b"config.json", b"model.weights.h5"}:
        return "keras"
    if (word := _exported(first, name)) is not None:
        return word
    if b"/" in first and any(
        part in first
        for part in (b"/data", b"/code/", b"/constants.pkl", b"/version", b"/byteorder", b"/.", b"/extra/")
    ):
        return "torch-zip"
    return None


def _exported(first: bytes, name: str) -> str | None:
    if b"aotinductor/" in first:
        return "aotinductor"
    below = first.partition(b"/")[2]
    marks = (b"data/weights/", b"data/constants/", b"data/sample_inputs/", b"models/")
    old = first in {b"serialized_exported_program.json", b"serialized_state_dict.pt"}
    if old or below.startswith(marks) or (name.endswith(".pt2") and not below.startswith(b"data.pkl")):
        return "torch-export"
    return None


def _pickle(head: bytes) -> str:
    # torch.save before its zip format wrote this number as a pickle of its own, first of all.
    return "torch-legacy" if b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19" in head[:32] else "pickle"


def _by_structure(head: bytes, name: str) -> str | None:
    if len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < (100 << 20):
        return "safetensors"
    if name.endswith((".onnx", ".ort")) or (head[:1] == b"\x08" and head[2:3] == b"\x12" and b"pytorch" in head[:16]):
        return "onnx"
    if (word := _booster(head)) is not None:
        return word
    if name.endswith(".cbm") and not head.startswith((b"version https://git-lfs", b"<")):
        return "catboost"  # which it is not: the reader says so
    if head[:1] in {b"(", b"c", b"]", b"}", b"I"} and name.endswith(_PICKLED_NAMES):
        return "pickle"
    return None


def _of_tensorflow(head: bytes, name: str) -> str | None:
    if name == "saved_model.pb":
        return "savedmodel"
    if name.endswith(".index"):  # a table whose first key is empty, and whose first value begins with a number
        return "tensorflow-checkpoint" if head[:2] == b"\0\0" and head[3:4] == b"\x08" else None
    if head[4:8] == b"TFL3":
        return "tflite"
    return "tensorflow-graph" if name.endswith(".pb") and _is_graph(head) else None


def _is_graph(head: bytes) -> bool:
    # A GraphDef's first field is a node, the node's first its name, the next its operator.
    at = 2 if head[1:2] < b"\x80" else 3
    named = head[at + 2 : at + 2 + int.from_bytes(head[at + 1 : at + 2], "big")]
    begun = head[:1] == b"\x0a" and head[at : at + 1] == b"\x0a"
    return begun and head[at + 2 + len(named) :][:1] == b"\x12"


def _booster(head: bytes) -> str | None:
    if head.startswith(b"{") and b'"learner"' in head[:64]:
        return "xgboost-json"
    if head.startswith(b"{") and (b'"catboost_version_info"' in head or b'"oblivious_trees"' in head):
        return "catboost"
    # XGBoost before 1.1 wrote no magic: parameters, and behind them the objective's name with its length.
    objectives = (b"binary:", b"multi:", b"reg:", b"rank:", b"count:", b"survival:")
    return "xgboost-binary" if head[137:144] == bytes(7) and head.startswith(objectives, 144) else None
