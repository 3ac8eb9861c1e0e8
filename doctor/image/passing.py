"""
The layers of a saved image as it passes: nothing is written, and nothing of it is needed twice.

`docker save` writes layers before the manifest that names them: before version 25 as ``<id>/layer.tar``, later as
``blobs/sha256/<digest>``, where engines with containerd's store keep them compressed. So each layer is read when it
comes, and is known by the digest of its contents, which is how an image's configuration names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from doctor.artifact import tar
from doctor.formats.stream import Stream
from doctor.image import verified
from doctor.image.layer import LayerIndex


def layers(
    stream: Stream, wanted: Iterable[str], named: frozenset[str]
) -> Iterator[tuple[str, tuple[LayerIndex, int]]]:
    """
    Yield the digest of each wanted layer's contents, what the layer holds, and its uncompressed bytes.

    Args:
        stream: of the saved image's tar; it is left where it is once all are found.
        wanted: digests of uncompressed layers.
        named: file names of the configuration's command line.

    Raises Unreadable where it is damaged or cut short.
    """
    missing = set(wanted)
    for header, body in tar.entries(stream):
        if header.kind != "file" or not _is_layer(header.name, body, missing):
            continue
        index, size, content = verified.hashed(body, named)
        if content in missing:
            missing.remove(content)
            yield content, (index, size)
        if not missing:
            return


def _is_layer(name: str, body: Stream, missing: set[str]) -> bool:
    """Whether a member holds a layer that may be wanted; a plain blob's name says which it is."""
    head = body.peek(tar.BLOCK)
    if head.startswith(verified.COMPRESSED):
        return True
    found = re.search(r"(?:^|/)blobs/(\w+)/(\w+)$", name)
    return tar.is_tar(head) and (found is None or f"{found[1]}:{found[2]}" in missing)


def pulled(chunks: Iterator[bytes]) -> Callable[[int], bytes]:
    """Return a function that gives at most the asked number of bytes of what comes in chunks of any size."""
    left = memoryview(b"")

    def pull(count: int) -> bytes:
        nonlocal left
        while not left:
            chunk = next(chunks, None)
            if chunk is None:
                return b""
            left = memoryview(chunk)
        data, left = left[:count], left[count:]
        return bytes(data)

    return pull
