"""Reads a layer and holds its bytes against the digests under which the image names it."""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable
from typing import IO, Any

from doctor.artifact.gzipped import inflated
from doctor.errors import Unreadable
from doctor.formats.stream import Stream
from doctor.image import layer
from doctor.image.layer import LayerIndex
from doctor.image.source import LayerRef

_CHUNK = 1 << 20
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
COMPRESSED = (_GZIP, _ZSTD)  # what a compressed layer begins with
_ALGORITHMS = {"sha256", "sha384", "sha512"}


def read(opened: Callable[[], IO[bytes]], ref: LayerRef, named: frozenset[str]) -> tuple[LayerIndex, int]:
    """
    Return what a layer holds, and the bytes of its uncompressed tar.

    Args:
        opened: gives the layer's bytes as stored, from the beginning, each time as a file of its own.
        ref: the layer.
        named: file names of the configuration's command line.

    Raises Unreadable where it is damaged, cut short, or not what its digest says.
    """
    with opened() as file:
        head = _peeked(file)
        if head.startswith(COMPRESSED):
            return _compressed(file, head, ref, named)
        if ref.digest and ref.content and ref.digest != ref.content:
            raise Unreadable(f"its digest {ref.digest} is another than the configuration's, {ref.content}")
        if file.seekable():
            with opened() as again:
                return _beside(file, again, ref, named)
        return _passing(file, ref, named)


def hashed(stream: Stream, named: frozenset[str]) -> tuple[LayerIndex, int, str]:
    """
    Return what a layer holds that passes once and whose digest nobody said, the bytes of its tar, and their digest.

    Args:
        stream: the layer as stored: a tar, or one compressed with gzip or zstd.
        named: file names of the configuration's command line.

    Raises Unreadable where it is damaged or cut short.
    """
    head = stream.peek(4)
    with _Hash("sha256:unsaid") as digest:
        passing: Any = _Tapped(stream.some)
        inside = stream
        if head.startswith(COMPRESSED):
            inside = _decompressed(passing, head)
        content = Stream(digest.through(inside.some), None)
        index = layer.read(content, named)
        _drain(content)
        return index, content.offset, digest.name()


def _peeked(file: IO[bytes]) -> bytes:
    head = file.peek(4)[:4] if hasattr(file, "peek") else file.read(4)
    if not hasattr(file, "peek"):
        file.seek(0)
    return bytes(head)


def _compressed(file: IO[bytes], head: bytes, ref: LayerRef, named: frozenset[str]) -> tuple[LayerIndex, int]:
    with _Hash(ref.digest) as stored, _Hash(ref.content) as content:
        tapped: Any = _Tapped(stored.through(file.read))
        inside = _decompressed(tapped, head)
        stream = Stream(content.through(inside.some), None)
        index = layer.read(stream, named)
        _drain(stream)
        while tapped.read(_CHUNK):
            pass
        stored.check()
        content.check()
        return index, stream.offset


def _beside(file: IO[bytes], again: IO[bytes], ref: LayerRef, named: frozenset[str]) -> tuple[LayerIndex, int]:
    """Read headers by leaping from one to the next, while the bytes are hashed beside that."""
    with _Hash(ref.digest or ref.content) as digest:
        beside = threading.Thread(target=digest.all_of, args=(again,), daemon=True)
        beside.start()
        try:
            stream = Stream(file.read, ref.size if ref.size >= 0 else None, lambda count: _forward(file, count))
            index = layer.read(stream, named)
        finally:
            beside.join()
        digest.check()
        return index, digest.count


def _passing(file: IO[bytes], ref: LayerRef, named: frozenset[str]) -> tuple[LayerIndex, int]:
    with _Hash(ref.digest or ref.content) as digest:
        stream = Stream(digest.through(file.read), None)
        index = layer.read(stream, named)
        _drain(stream)
        digest.check()
        return index, stream.offset


def _forward(file: IO[bytes], count: int) -> None:
    file.seek(count, 1)


def _drain(stream: Stream) -> None:
    """Read what follows the archive's end: it counts for the digest."""
    while stream.some(_CHUNK):
        pass


class _Hash:
    """A digest that is computed in a thread of its own, beside whoever reads the bytes."""

    def __init__(self, expected: str) -> None:
        self.count = 0
        algorithm, _, self._expected = expected.partition(":")
        self._digest = hashlib.new(algorithm) if algorithm in _ALGORITHMS and self._expected else None
        self._given: queue.Queue[bytes | None] = queue.Queue(maxsize=16)
        self._thread: threading.Thread | None = None

    def __enter__(self) -> _Hash:
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()

    def add(self, data: bytes) -> None:
        self.count += len(data)
        if self._digest is None or not data:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
        self._given.put(data)

    def through(self, pull: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """Return a function that pulls, and notes what came."""

        def pulled(count: int) -> bytes:
            data = pull(count)
            self.add(data)
            return data

        return pulled

    def all_of(self, file: IO[bytes]) -> None:
        """Hash a file from where it is to its end, in the caller's thread."""
        while data := file.read(_CHUNK):
            self.count += len(data)
            if self._digest is not None:
                self._digest.update(data)

    def check(self) -> None:
        """Raise Unreadable where the bytes are not those that the digest was made of."""
        self._finish()
        if self._digest is not None and self._digest.hexdigest() != self._expected:
            raise Unreadable("its bytes don't have the digest under which the image names it")

    def name(self) -> str:
        """Return the digest of all bytes that came."""
        self._finish()
        return f"sha256:{self._digest.hexdigest()}" if self._digest is not None else ""

    def _work(self) -> None:
        while (data := self._given.get()) is not None:
            if self._digest is not None:
                self._digest.update(data)

    def _finish(self) -> None:
        if self._thread is not None:
            self._given.put(None)
            self._thread.join()
            self._thread = None


class _Tapped:
    """A file of what a function gives."""

    def __init__(self, pull: Callable[[int], bytes]) -> None:
        self._read = pull

    def read(self, count: int = -1) -> bytes:
        return self._read(count)


def _decompressed(file: Any, head: bytes) -> Stream:
    return inflated(file) if head.startswith(_GZIP) else _zstd(file)


def _zstd(file: Any) -> Stream:
    """Return the decompressed bytes of a file; a damaged one raises Unreadable when it is read."""
    import zstandard

    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)

    def pull(count: int) -> bytes:
        try:
            return bytes(reader.read(count))
        except zstandard.ZstdError as error:
            raise Unreadable(f"the zstd stream is damaged: {error}") from None

    return Stream(pull, None)
