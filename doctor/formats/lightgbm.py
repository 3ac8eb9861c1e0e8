"""
Reads LightGBM's model files: text, with the bytes of each tree announced in the header.

https://github.com/microsoft/LightGBM/blob/master/src/boosting/gbdt_model_text.cpp
"""

from __future__ import annotations

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import ModelFile, Port
from doctor.formats.kinds.trees import LightGBMFile
from doctor.formats.stream import Stream

_LONGEST_HEADER = 32 << 20  # feature names and sizes: a line each, however many there are
_TREE = b"Tree="


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return what a LightGBM model says of itself, and whether its trees are where the header says."""
    lines, ends = _header(stream)
    if lines[0] != "tree":
        raise Unreadable(f"it begins with {lines[0][:20]!r}, not with tree")
    said = dict(line.partition("=")[::2] for line in lines[1:])
    sizes = _numbers(said.get("tree_sizes", ""))
    wrong, number = _wrong(stream, sizes, said.get("version", ""))
    names = tuple(said.get("feature_names", "").split())
    features = _number(said.get("max_feature_idx"), -1) + 1
    facts = LightGBMFile(
        said.get("version", ""), said.get("objective", "").partition(" ")[0], features, names,
        _number(said.get("num_class"), 1), len(sizes), wrong, number, ends,
    )  # fmt: skip
    port = (Port("data", "float64", (None, features)),) if features else ()
    writer = {} if wrong is not None else _writer(stream)
    return ModelFile(path, "lightgbm", size, writer, inputs=port, facts=facts)


def _header(stream: Stream) -> tuple[list[str], str]:
    """Return the lines before the first empty one, and how they end; the stream is left at the first tree."""
    data, count = b"", 1 << 16
    while True:
        data = stream.peek(count)
        ends = "\r\n" if b"\r\n" in data[:64] else "\n"
        end = data.find((ends * 2).encode())
        if end >= 0 or len(data) < count or count > _LONGEST_HEADER:
            break
        count *= 4
    if end < 0:
        raise EndsEarly("it ends before its first tree")
    stream.skip(end + 2 * len(ends))
    return data[:end].decode("utf-8", "replace").split(ends), ends


def _wrong(stream: Stream, sizes: list[int], version: str) -> tuple[str | None, int]:
    """Return what stands where a tree should begin, and its number; LightGBM goes by the announced sizes."""
    if not version:
        return None, -1  # before 2.1 no sizes were written
    for number, size in enumerate(sizes):
        begin = stream.peek(40)
        if not begin.startswith(_TREE):
            return begin.split(b"\n")[0].decode("utf-8", "replace"), number
        try:
            stream.skip(size)
        except EndsEarly:
            return "", number
    return None, -1


def _writer(stream: Stream) -> dict[str, str]:
    """Return the version that knows the parameters that stand behind the trees: ``{"lightgbm": "4.6"}``."""
    from doctor.facts import load

    tail = bytearray()
    while len(tail) < 1 << 18 and (piece := stream.some(1 << 16)):
        tail += piece
    for name, version in load("lightgbm")["parameters"].items():
        if f"\n[{name}: ".encode() in tail:
            return {"lightgbm": version}
    return {}


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split() if word.isascii() and word.isdigit() and len(word) < 16]


def _number(text: str | None, instead: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else instead
