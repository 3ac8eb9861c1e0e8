"""
Keeps what was read of a layer under the user's cache directory, by the digest of its contents.

Nothing that is found there is believed unless its own digest is right: a damaged or foreign file is made again. A file
is written beside its place and then moved there, so two runs at once do no harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doctor.formats.kinds.elf import Elf
from doctor.image.layer import LayerIndex
from doctor.image.value import Entry

FORMAT = 3  # of the files, and of what a layer is asked: with another number nothing of before is used
_MOST_BYTES = 1 << 30
_KINDS = ("file", "directory", "symlink", "hardlink", "device")


def folder() -> Path:
    """Return where layers are kept; it need not be there."""
    from platformdirs import user_cache_path

    return user_cache_path("endpoint-doctor", appauthor=False) / "layers"


def load(content: str, named: frozenset[str] = frozenset()) -> tuple[LayerIndex, int] | None:
    """
    Return what was kept of a layer and its uncompressed bytes; None where nothing is, or where it is damaged.

    Args:
        content: digest of the layer's uncompressed tar.
        named: file names of the configuration's command line, with which it was read.
    """
    place = _place(content, named)
    if place is None:
        return None
    try:
        data = place.read_bytes()
        digest, _, body = data.partition(b"\n")
        if digest != hashlib.sha256(body).hexdigest().encode():
            return None
        index = _index(json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    with contextlib.suppress(OSError):
        os.utime(place)  # the oldest are removed first
    return index


def save(content: str, named: frozenset[str], index: LayerIndex, size: int) -> None:
    """Keep what was read of a layer. Where the folder can't be written, nothing is kept."""
    place = _place(content, named)
    if place is None:
        return
    body = json.dumps(_columns(index, size), separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        _prune(place.parent)


def _place(content: str, named: frozenset[str]) -> Path | None:
    algorithm, _, value = content.partition(":")
    if not (algorithm.isalnum() and value.isalnum()):
        return None
    words = hashlib.sha256("\0".join(sorted(named)).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return folder() / f"{FORMAT}-{algorithm}-{value}-{words}.json"


def _prune(where: Path) -> None:
    """Remove the files that were not used for longest, where all together are too large."""
    found = sorted(((s.st_mtime, s.st_size, p) for p in where.iterdir() if (s := p.stat())), reverse=True)
    total = 0
    for _, size, path in found:
        total += size
        if total > _MOST_BYTES:
            path.unlink(missing_ok=True)


def _columns(index: LayerIndex, size: int) -> dict[str, Any]:
    """Return a layer as plain data: a column for each thing that is known of its entries, which is read fast."""
    entries = list(index.entries.values())
    return {
        "paths": "\0".join(index.entries),
        "kinds": "".join(str(_KINDS.index(e.kind)) for e in entries),
        "sizes": [e.size for e in entries],
        "modes": [e.mode for e in entries],
        "owners": {str(i): e.owner for i, e in enumerate(entries) if e.owner},
        "targets": {str(i): e.target for i, e in enumerate(entries) if e.target},
        "gone": sorted(index.gone),
        "opaque": sorted(index.opaque),
        "kept": {p: data.decode("latin-1") for p, data in index.kept.items()},
        "libraries": {p: one and list(one) for p, one in index.libraries.items()},
        "size": size,
    }


def _index(said: Mapping[str, Any]) -> tuple[LayerIndex, int]:
    paths = said["paths"].split("\0") if said["paths"] else []
    kinds = [_KINDS[int(k)] for k in said["kinds"]]
    targets, owners = [""] * len(paths), [0] * len(paths)
    for number, target in said["targets"].items():
        targets[int(number)] = target
    for number, owner in said["owners"].items():
        owners[int(number)] = owner
    rows = zip(kinds, said["sizes"], said["modes"], targets, owners, strict=True)
    return (
        LayerIndex(
            dict(zip(paths, map(Entry._make, rows), strict=True)),
            frozenset(said["gone"]),
            frozenset(said["opaque"]),
            {p: text.encode("latin-1") for p, text in said["kept"].items()},
            {p: one and _elf(one) for p, one in said["libraries"].items()},
        ),
        int(said["size"]),
    )


def _elf(row: list[Any]) -> Elf:
    machine, name, needed, glibc, interpreter = row
    return Elf(machine, name, tuple(needed), glibc, interpreter)
