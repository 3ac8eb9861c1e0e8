"""
Reads rpm's database: rpm's own headers, in a table of ``rpmdb.sqlite`` or, before that, in Berkeley DB's ``Packages``.

The header's format: https://rpm-software-management.github.io/rpm/manual/format_header.html. A database's schema is not
trusted: nothing is read but a plain table of that name, no function is called, and the work is bounded.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.errors import Unreadable
from doctor.formats.kinds.ospackages import Package
from doctor.formats.ospackages import MOST
from doctor.formats.stream import Stream

if TYPE_CHECKING:
    import sqlite3

_MAGIC = b"SQLite format 3\0"
_LARGEST = 512 << 20
_LARGEST_OLD = 256 << 20  # read as a whole
_SHORTEST = 8
_MOST_ENTRIES = 1 << 16
_STEPS = 20_000_000  # of SQLite's machine
_NAME, _VERSION, _RELEASE, _EPOCH, _ARCHITECTURE = 1000, 1001, 1002, 1003, 1022
_TABLE = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'Packages'"
_INT32, _STRING, _I18N = 4, 6, 9


def read(stream: Stream, size: int) -> list[Package]:
    """Return the installed packages; Unreadable where it is none, damaged, or this Python has no SQLite."""
    try:
        import sqlite3
    except ImportError:
        raise Unreadable("this Python was built without SQLite") from None
    if size > _LARGEST or stream.peek(len(_MAGIC)) != _MAGIC:
        raise Unreadable("no SQLite database, or one that is too large")
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        path = Path(folder) / "rpmdb.sqlite"
        _copy(stream, size, path)
        try:
            return list(_rows(sqlite3, path))
        except (sqlite3.Error, ValueError, OverflowError, struct.error) as error:
            raise Unreadable(f"its SQLite database can't be read: {error}") from None


def old(stream: Stream, size: int) -> list[Package]:
    """Return the installed packages of ``Packages``; Unreadable where it isn't Berkeley DB's, or is damaged."""
    from doctor.formats.berkeley import is_hash, values

    if size > _LARGEST_OLD or not is_hash(stream.peek(24)):
        raise Unreadable("no hash database of Berkeley DB, or one that is too large")
    # The value of key 0 is rpm's own count, shorter than any header.
    try:
        found = [header(blob) for blob in values(stream.read(size)) if len(blob) > _SHORTEST]
    except (struct.error, IndexError) as error:
        raise Unreadable(f"its database can't be read: {error}") from None
    return [package for package in found if package is not None]


def header(blob: bytes) -> Package | None:
    """Return the package that a header describes, None for a public key, which is kept like a package."""
    count, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * count
    if count > _MOST_ENTRIES or start + size > len(blob):
        raise Unreadable(f"an rpm header claims {count} entries and {size} bytes, and has {len(blob)}")
    said: dict[int, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">IIII", blob[8:start]):
        if kind in {_STRING, _I18N} and tag in {_NAME, _VERSION, _RELEASE, _ARCHITECTURE}:
            end = blob.find(b"\0", start + offset)
            said[tag] = blob[start + offset : max(end, 0)].decode("utf-8", "replace")
        elif kind == _INT32 and tag == _EPOCH:
            said[tag] = str(struct.unpack_from(">I", blob, start + offset)[0])
    name, version = said.get(_NAME, ""), said.get(_VERSION, "")
    if not name or not version or name == "gpg-pubkey":
        return None
    epoch, release = said.get(_EPOCH, "0"), said.get(_RELEASE, "")
    full = f"{version}-{release}" if release else version
    return Package(name, full if epoch == "0" else f"{epoch}:{full}", said.get(_ARCHITECTURE, ""))


def _copy(stream: Stream, size: int, path: Path) -> None:
    try:
        with path.open("wb") as file:
            while size > 0 and (data := stream.some(min(size, 1 << 20))):
                file.write(data)
                size -= len(data)
    except OSError as error:
        raise Unreadable(f"no room to read it: {error.strerror}") from None


def _rows(sqlite3: Any, path: Path) -> Iterator[Package]:
    # Immutable: what rpm wrote with a log beside the file is read without one, and nothing is written.
    connection: sqlite3.Connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        connection.set_progress_handler(_Steps().more, 10_000)
        found = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'Packages'"
        ).fetchone()
        told = str(found[0]).lower() if found else ""
        if not told.startswith("create table") or "generated" in told or " as" in told:
            raise Unreadable("it has no plain table Packages")
        connection.set_authorizer(_only_reads(sqlite3))
        for number, (blob,) in enumerate(connection.execute("SELECT blob FROM Packages")):
            if number > MOST or not isinstance(blob, bytes):
                raise Unreadable(f"its package {number} can't be read")
            if (package := header(blob)) is not None:
                yield package
    finally:
        connection.close()


def _only_reads(sqlite3: Any) -> Any:
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
    return lambda action, *_: sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


class _Steps:
    """Stops a query that takes too long."""

    def __init__(self) -> None:
        self._left = _STEPS // 10_000

    def more(self) -> int:
        """Return 0 to go on, 1 to stop."""
        self._left -= 1
        return int(self._left < 0)
