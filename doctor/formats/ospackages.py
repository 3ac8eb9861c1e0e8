"""
Reads the package databases in text: dpkg's ``status`` (deb-control(5)) and apk's ``installed``.

apk's format: https://wiki.alpinelinux.org/wiki/Apk_spec, "Installed Database V2". Both are stanzas of fields with empty
lines between; most of them are lists of files and descriptions, which pass unseen.
"""

from __future__ import annotations

from collections.abc import Iterator

from doctor.errors import Unreadable
from doctor.formats.kinds.ospackages import Package
from doctor.formats.stream import Stream

MOST = 50_000  # packages of one database
_CHUNK = 1 << 18
_LONGEST = 1 << 16


def dpkg(stream: Stream) -> Iterator[Package]:
    """Yield the installed packages of ``var/lib/dpkg/status``, or of a file of a distroless image's ``status.d``."""
    for said in _stanzas(stream, frozenset({b"Package", b"Status", b"Version", b"Architecture"})):
        # What was removed keeps its stanza while its settings are there: "deinstall ok config-files".
        if said.get(b"Status", "installed").endswith("installed") and said.get(b"Package") and said.get(b"Version"):
            yield Package(said[b"Package"], said[b"Version"], said.get(b"Architecture", ""))


def apk(stream: Stream) -> Iterator[Package]:
    """Yield the installed packages of ``lib/apk/db/installed``."""
    for said in _stanzas(stream, frozenset({b"P", b"V", b"A"})):
        if said.get(b"P") and said.get(b"V"):
            yield Package(said[b"P"], said[b"V"], said.get(b"A", ""))


def _stanzas(stream: Stream, wanted: frozenset[bytes]) -> Iterator[dict[bytes, str]]:
    said: dict[bytes, str] = {}
    count = 0
    for line in _lines(stream):
        if line and line != b"\r":
            key, _, value = line.partition(b":")
            if key in wanted:
                said[key] = value.strip().decode("utf-8", "replace")
        elif said:
            yield said
            said, count = {}, count + 1
            if count > MOST:
                raise Unreadable(f"has more than {MOST} packages")
    if said:
        yield said


def _lines(stream: Stream) -> Iterator[bytes]:
    rest = b""
    while data := stream.some(_CHUNK):
        lines = (rest + data).split(b"\n")
        rest = lines.pop()[:_LONGEST]
        yield from lines
    if rest:
        yield rest
