"""
The small form in which some files of a layer are kept: package databases, conda's records, Python's own version.

Each is parsed once, while its layer is read; what is kept are rows of fields with tabs between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

from doctor.errors import Unreadable
from doctor.formats.kinds.ospackages import Package
from doctor.formats.stream import Stream

DPKG, DISTROLESS = "var/lib/dpkg/status", "var/lib/dpkg/status.d/"
APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
RPM = tuple(f"{folder}/rpmdb.sqlite" for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"))
RPM_OLD = tuple(f"{path.rpartition('/')[0]}/Packages" for path in RPM)
CONDA = "conda-meta/"
PATCHLEVEL = "/patchlevel.h"
_LARGEST_RECORD = 32 << 20  # conda lists all files of a package
_LARGEST_HEADER = 1 << 16

Form = Callable[[Stream, int], bytes]


def form_of(path: str) -> Form | None:
    """Return what makes the small form of a file from its bytes and their number; None where it has none."""
    if path == DPKG or (path.startswith(DISTROLESS) and not path.endswith(".md5sums")):
        return _dpkg
    if path in APK:
        return _apk
    if path in RPM or path in RPM_OLD:
        return _rpm
    if path.endswith(".json") and path.rpartition("/")[0].endswith(CONDA[:-1]):
        return _conda
    return _patchlevel if path.endswith(PATCHLEVEL) and "/python" in path else None


def rows(data: bytes) -> list[list[str]]:
    """Return the fields of each row of a small form."""
    return [line.split("\t") for line in data.decode("utf-8", "replace").split("\n") if line]


def _written(lines: Iterable[Iterable[str]]) -> bytes:
    return "\n".join("\t".join(re.sub(r"[\t\r\n]", " ", field) for field in line) for line in lines).encode()


def _packages(found: Iterable[Package]) -> bytes:
    return _written(found)


def _dpkg(stream: Stream, _size: int) -> bytes:
    from doctor.formats.ospackages import dpkg

    return _packages(dpkg(stream))


def _apk(stream: Stream, _size: int) -> bytes:
    from doctor.formats.ospackages import apk

    return _packages(apk(stream))


def _rpm(stream: Stream, size: int) -> bytes:
    from doctor.formats import rpmdb

    sqlite = stream.peek(6) == b"SQLite"
    return _packages(rpmdb.read(stream, size) if sqlite else rpmdb.old(stream, size))


def _conda(stream: Stream, size: int) -> bytes:
    """Name, version, build and channel of a record."""
    if size > _LARGEST_RECORD:
        raise Unreadable(f"a record of conda of {size} bytes")
    try:
        said = json.loads(stream.read(size))
        return _written([[str(said[key]) for key in ("name", "version", "build", "channel")]])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"no record of conda: {error}") from None


def _patchlevel(stream: Stream, size: int) -> bytes:
    """The release in Python's patchlevel.h: "3.11.4"."""
    found = re.search(rb'#\s*define\s+PY_VERSION\s+"(\d[\w.+]*)"', stream.read(min(size, _LARGEST_HEADER)))
    if found is None:
        raise Unreadable("no release of Python")
    return found[1]
