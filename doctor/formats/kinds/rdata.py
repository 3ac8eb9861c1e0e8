"""What a file of R's says."""

from __future__ import annotations

from typing import NamedTuple


class RData(NamedTuple):
    """
    A file of ``saveRDS`` (one object) or ``save`` (several by name).

    Args:
        compression: "gzip", "bzip2", "xz" or "".
        named: whether it is one of ``save``.
        layout: version of the serialization, 0 where the file is text and it wasn't found.
        written_by: version of the R that wrote it, "" where it wasn't found.
        needs: the oldest R that reads it, "" likewise.
    """

    compression: str
    named: bool
    layout: int = 0
    written_by: str = ""
    needs: str = ""
