"""Gathers an artifact's members while they pass: names made safe, small files kept, models read, troubles noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from doctor.artifact.tree import Artifact, Kind, Member, Trouble
from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.recognise import HEAD, reader, recognise
from doctor.formats.stream import Stream
from doctor.models import Broken

KEPT_SIZE = 256 << 10  # a file up to this size is kept
KEPT_TEXT_SIZE = 8 << 20  # a text file up to this one
KEPT_IN_ALL = 64 << 20
MEMBERS = 200_000
# Beyond both, an archive is a bomb: gzip reaches 1032 to 1, trained weights at best 4 to 1, zeroed buffers more.
BOMB_BYTES = 16 << 30
BOMB_RATIO = 200

_TEXT = (
    ".py", ".json", ".txt", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".properties", ".conf", ".sh", ".md", ".pbtxt",
    ".jinja", ".index.json", ".csv", ".jsonl", ".model_fn", ".env", ".lock",
)  # fmt: skip
_WEIGHTS = (
    ".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".h5", ".hdf5", ".keras", ".onnx", ".pb", ".pkl", ".pickle",
    ".joblib", ".sav", ".npz", ".npy", ".model", ".ubj", ".bst", ".cbm", ".gguf", ".pt2", ".tflite", ".msgpack", ".xgb",
)  # fmt: skip


class Bomb(Unreadable):
    """The archive unpacks to more than anyone packs on purpose."""


class Examined(NamedTuple):
    """What one pass over an artifact found: its tree, its models, the broken ones, and the files nobody recognised."""

    artifact: Artifact
    models: tuple[ModelFile, ...]
    broken: dict[str, Broken]
    unrecognised: tuple[str, ...]


class Collector:
    """
    What has been seen so far of one artifact.

    Args:
        stored: bytes of the archive on disk, 0 for a directory.
    """

    def __init__(self, stored: int) -> None:
        self.stored = stored
        self.members: dict[str, Member] = {}
        self.troubles: list[Trouble] = []
        self.unpacked = 0
        self._kept: dict[str, bytes] = {}
        self._kept_bytes = 0
        self._models: dict[str, ModelFile] = {}
        self._broken: dict[str, Broken] = {}
        self._unrecognised: dict[str, None] = {}
        self._last = ""

    def member(self, name: str, kind: Kind, size: int, mode: int, target: str) -> Member | None:
        """Return the member of an archive's entry, or None where the name leads out of the archive or nowhere."""
        parts = [p for p in name.split("/") if p not in {"", "."}]
        if name.startswith("/") or ".." in parts or "\0" in name:
            self.troubles.append(Trouble("climbs-out", name, f"entry {name!r}"))
            return None
        path = "/".join(parts)
        return Member(path, kind, size, mode, target, name) if path else None

    def take(self, member: Member, stream: Stream | None) -> None:
        """Take in one member; reads of the stream what is worth keeping or knowing. Bomb after 200 000 of them."""
        if len(self.members) >= MEMBERS:
            raise Bomb(f"more than {MEMBERS} entries")
        if member.path in self.members and "directory" not in {member.kind, self.members[member.path].kind}:
            self.troubles.append(Trouble("duplicate", member.path, f"{member.raw!r} is there more than once"))
            self._forget(member.path)
        self.members[member.path] = member
        if member.kind != "file" or stream is None:
            return
        self._last = member.path
        self.unpacked += member.size
        head = stream.peek(min(HEAD, member.size))
        self.look(member.path, head, member.size)
        self._keep(member, stream)
        self._understand(member, stream, head)

    def look(self, path: str, head: bytes, size: int) -> None:
        """Note a file whose bytes are plainly not what its name says."""
        kind, saw = _pretender(head, size)
        if kind and path.lower().endswith(_WEIGHTS):
            self.troubles.append(Trouble(kind, path, saw))

    def no_archive(self, name: str, head: bytes) -> None:
        """Note a file that is named as an archive and is none."""
        kind, saw = _pretender(head, len(head))
        if not kind:
            kind, saw = "not-gzip", f"begins with {head[:8]!r}"
        self.troubles.append(Trouble("empty" if kind == "empty-file" else kind, "", f"{name} {saw}"))

    def stopped(self, error: Exception) -> None:
        """Note that the archive could not be read to its end."""
        kind = "truncated" if isinstance(error, EndsEarly) else "bomb" if isinstance(error, Bomb) else "corrupt"
        where = f"{error}; the last file seen is {self._last}" if self._last else str(error)
        self._broken.pop(self._last, None)  # cut short with the archive: one fault, told once
        self.troubles.append(Trouble(kind, "", where))

    def claimed(self, unpacked: int) -> None:
        """Raise Bomb where an index claims more than anyone packs on purpose."""
        if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * self.stored:
            raise Bomb(f"{self.stored} bytes claim to unpack to {unpacked}")

    def guarded(self, pull: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """Return `pull`, which then raises Bomb once it has delivered more than anyone packs on purpose."""
        delivered = 0

        def careful(count: int) -> bytes:
            nonlocal delivered
            data = pull(count)
            delivered += len(data)
            if delivered > BOMB_BYTES and delivered > BOMB_RATIO * self.stored:
                raise Bomb(f"{self.stored} bytes unpack to more than {delivered}")
            return data

        return careful

    def examined(self, source: str, container: str, stored: int) -> Examined:
        """Return all of it as values."""
        if not self.members and not self.troubles:
            self.troubles.append(Trouble("empty", "", "no entry in it"))
        artifact = Artifact(source, container, self.members, self._kept, tuple(self.troubles), stored)
        return Examined(artifact, tuple(self._models.values()), self._broken, tuple(self._unrecognised))

    def _keep(self, member: Member, stream: Stream) -> None:
        limit = KEPT_TEXT_SIZE if member.path.lower().endswith(_TEXT) else KEPT_SIZE
        if member.size <= limit and self._kept_bytes + member.size <= KEPT_IN_ALL:
            data = stream.peek(member.size)
            if len(data) == member.size:
                self._kept[member.path] = data
                self._kept_bytes += member.size

    def _understand(self, member: Member, stream: Stream, head: bytes) -> None:
        word = recognise(head, member.path)
        if word is None:
            if member.path not in self._kept or member.path.lower().endswith(_WEIGHTS):
                self._unrecognised[member.path] = None
            return
        try:
            self._models[member.path] = reader(word)(stream, member.path, member.size)
        except Bomb:
            raise
        except Unreadable as error:
            self._broken[member.path] = Broken(member.path, word, str(error), isinstance(error, EndsEarly))

    def _forget(self, path: str) -> None:
        self._kept.pop(path, None)
        self._models.pop(path, None)
        self._broken.pop(path, None)
        self._unrecognised.pop(path, None)


def _pretender(head: bytes, size: int) -> tuple[str, str]:
    start = head[:512].lstrip().lower()
    if size == 0:
        return "empty-file", "holds 0 bytes"
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "lfs-pointer", head.split(b"\n", 1)[0].decode("ascii", "replace")
    if start.startswith((b"<!doctype html", b"<html")):
        return "html", repr(head[:60].decode("utf-8", "replace"))
    if start.startswith(b"<?xml") and b"<error>" in start:
        return "html", repr(head[:120].decode("utf-8", "replace"))
    return "", ""
