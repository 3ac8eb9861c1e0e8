"""The written objects of a family, as ``fixtures/matrix`` keeps them."""

from __future__ import annotations

import lzma
import tarfile
from functools import cache
from io import BytesIO
from pathlib import Path

OBJECTS = Path(__file__).parent.parent / "fixtures" / "matrix"


@cache
def objects(family: str) -> dict[str, bytes]:
    """Return the files of a family's archive: "writer/object" to its bytes."""
    with tarfile.open(fileobj=BytesIO(lzma.decompress((OBJECTS / f"{family}.tar.xz").read_bytes()))) as archive:
        return {m.name: file.read() for m in archive if (file := archive.extractfile(m))}
