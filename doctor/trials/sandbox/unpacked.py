"""
An artifact unpacked as the platform would: as a tar for a container engine, or into a folder for a local sandbox.

Regular files, directories, and links that stay inside; names made safe, mode bits kept. Nothing is followed and nothing
is written elsewhere, whatever the archive says.
"""

from __future__ import annotations

import os
import posixpath
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from doctor.artifact import tar
from doctor.artifact.collecting import MEMBERS, Bomb, Collector
from doctor.artifact.gzipped import inflated
from doctor.artifact.tree import Kind, Member
from doctor.errors import BadInput, EndsEarly, Unreadable
from doctor.formats.stream import Stream

_CHUNK = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
# Root on the platform reads a file whatever its mode says; root without capabilities only what its owner may.
_FILE_BITS, _FOLDER_BITS = 0o400, 0o700


class _Entry(NamedTuple):
    member: Member
    content: Stream | None


class Unpacking:
    """
    One pass over an artifact.

    Args:
        source: path of a directory, an archive or a single file.
        most: bytes that it may unpack to; 0 for any number.

    ``left_out`` tells, once it is done, what the artifact has that isn't unpacked; ``written`` counts bytes.
    """

    def __init__(self, source: str, most: int = 0) -> None:
        self.left_out: list[str] = []
        self.written = 0
        self._source = source
        self._most = most
        self._files: set[str] = set()
        self._folders: set[str] = {""}
        self._links: set[str] = set()

    def tarred(self) -> Iterator[bytes]:
        """Yield the pieces of a tar of it; Unreadable where it can't be read to its end, BadInput without it."""
        yield _tar_header(Member(".", "directory", 0, 0o755), "")
        for member, content in self._safe():
            yield _tar_header(member, self._target(member))
            if content is not None:
                yield from self._content(member, content)
                yield bytes(-member.size % tar.BLOCK)
        yield bytes(2 * tar.BLOCK)

    def into(self, folder: Path) -> None:
        """Write it below an empty folder of one's own; Unreadable where it can't be read to its end."""
        modes: dict[Path, int] = {}
        links: list[Member] = []
        for member, content in self._safe():
            path = folder / member.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.kind == "symlink":
                links.append(member)  # made last, so that no name leads through one
            elif member.kind == "hardlink":
                os.link(folder / self._target(member), path)
            elif member.kind == "directory":
                path.mkdir(exist_ok=True)
                modes[path] = member.mode | _FOLDER_BITS
            elif content is not None:
                self._write(path, member, content)
        for member in links:
            (folder / member.path).symlink_to(member.target)
        for path, mode in modes.items():
            path.chmod(mode & 0o777)

    def _write(self, path: Path, member: Member, content: Stream) -> None:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for piece in self._content(member, content):
                file.write(piece)
        path.chmod((member.mode | _FILE_BITS) & 0o777)

    def _content(self, member: Member, content: Stream) -> Iterator[bytes]:
        left = member.size
        while left:
            piece = content.some(min(left, _CHUNK))
            if not piece:
                raise EndsEarly(f"{member.path} ends {left} bytes early")
            left -= len(piece)
            self.written += len(piece)
            if self._most and self.written > self._most:
                raise Unreadable(f"it unpacks to more than {self._most >> 20} MiB, for which there is no room here")
            yield piece

    def _safe(self) -> Iterator[_Entry]:
        """Yield the entries that can be unpacked as they are; of files with one name, the last one stays."""
        count = 0
        for member, content in _entries(self._source):
            count += 1
            if count > MEMBERS:
                raise Bomb(f"more than {MEMBERS} entries")
            reason = self._refused(member)
            if reason:
                self._leave_out(member, reason)
                continue
            self._note(member)
            yield _Entry(member, content if member.kind == "file" else None)

    def _refused(self, member: Member) -> str:
        """Why a member isn't unpacked; "" where it is."""
        if member.kind == "directory":
            taken = member.path in self._files | self._links
            return "a file has its name" if taken else self._blocked(member.path)
        if member.path in self._links | self._folders or (member.path in self._files and member.kind != "file"):
            return "its name is there already"
        if member.kind == "device":
            return "a device, a pipe or a socket"
        if member.kind == "hardlink" and self._target(member) not in self._files:
            return f"a link to {member.target!r}, which isn't a file before it"
        if member.kind == "symlink" and not _stays(member):
            return f"a link to {member.target!r}, which is outside"
        return self._blocked(member.path)

    def _blocked(self, path: str) -> str:
        """Why nothing can lie at a path: a file or a link lies where a folder is needed."""
        while path := posixpath.dirname(path):
            if path in self._folders:
                return ""
            if path in self._files or path in self._links:
                return f"{path} is no folder"
        return ""

    def _note(self, member: Member) -> None:
        held = {"directory": self._folders, "symlink": self._links}.get(member.kind, self._files)
        held.add(member.path)
        path = posixpath.dirname(member.path)
        while path and path not in self._folders:
            self._folders.add(path)
            path = posixpath.dirname(path)

    def _leave_out(self, member: Member, reason: str) -> None:
        if len(self.left_out) < 100:
            self.left_out.append(f"{member.path}: {reason}")

    @staticmethod
    def _target(member: Member) -> str:
        return posixpath.normpath(member.target) if member.kind == "hardlink" else member.target


def _stays(member: Member) -> bool:
    """Whether a symbolic link leads to something inside the artifact, by its text alone."""
    if not member.target or member.target.startswith("/") or "\0" in member.target:
        return False
    meant = posixpath.normpath(posixpath.join("/opt/ml/model", posixpath.dirname(member.path), member.target))
    return meant.startswith("/opt/ml/model/")


def _tar_header(member: Member, target: str) -> bytes:
    import tarfile

    kinds = {"directory": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}
    info = tarfile.TarInfo(member.path)
    info.type = kinds.get(member.kind, tarfile.REGTYPE)
    info.size = member.size if member.kind == "file" else 0
    info.mode = (member.mode | (_FOLDER_BITS if member.kind == "directory" else _FILE_BITS)) & 0o777
    info.mtime = int(time.time())
    info.linkname = target
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _entries(source: str) -> Iterator[_Entry]:
    path = Path(source)
    try:
        if path.is_dir():
            yield from _of_directory(path)
            return
        with path.open("rb") as file:
            yield from _of_file(path, file)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise BadInput(f"{source}: {error.strerror}") from None


def _of_file(path: Path, file: IO[bytes]) -> Iterator[_Entry]:
    size = path.stat().st_size
    collector = Collector(size)
    head = file.read(tar.BLOCK)
    file.seek(0)
    if head.startswith(_GZIP) and _is_gzipped_tar(path, file):
        yield from _of_tar(collector, inflated(file, None, collector.guarded))
    elif tar.is_tar(head):
        yield from _of_tar(collector, Stream(file.read, size))
    elif head.startswith(_ZIP) and _is_archive(path, file):
        yield from _of_zip(collector, file)
    else:
        file.seek(0)
        yield _Entry(Member(path.name, "file", size, 0o644), Stream(file.read, size))


def _is_gzipped_tar(path: Path, file: IO[bytes]) -> bool:
    try:
        return tar.is_tar(inflated(file).peek(tar.BLOCK))
    except Unreadable:
        if path.name.lower().endswith((".tar.gz", ".tgz")):
            raise
        return False
    finally:
        file.seek(0)


def _is_archive(path: Path, file: IO[bytes]) -> bool:
    """Whether a zip is an archive, not a model whose format is a zip."""
    from doctor.formats.recognise import HEAD, recognise

    file.seek(0)
    head = file.read(HEAD)
    return path.name.lower().endswith(".zip") or recognise(head, path.name) is None


def _of_tar(collector: Collector, stream: Stream) -> Iterator[_Entry]:
    for header, content in tar.entries(stream):
        member = collector.member(header.name, header.kind, header.size, header.mode, header.target)
        if member is not None:
            yield _Entry(member, content)


def _of_zip(collector: Collector, file: IO[bytes]) -> Iterator[_Entry]:
    import zipfile
    import zlib

    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            collector.claimed(sum(info.file_size for info in archive.infolist()))
            for info in archive.infolist():
                member = _zipped(collector, info.filename, info.external_attr >> 16, info.file_size)
                if member is not None:
                    with archive.open(info) as content:
                        yield _Entry(member, Stream(collector.guarded(content.read), info.file_size))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise Unreadable(f"the zip archive can't be read: {error}") from None


def _zipped(collector: Collector, name: str, mode: int, size: int) -> Member | None:
    """A member of a zip. Its links aren't unpacked: Python's zipfile makes files of them."""
    folder = name.endswith("/")
    kind: Kind = "directory" if folder else "device" if stat.S_ISLNK(mode) else "file"
    return collector.member(name, kind, size, mode & 0o777 or (0o755 if folder else 0o644), "")


def _of_directory(root: Path) -> Iterator[_Entry]:
    for path in _walk(root):
        relative = path.relative_to(root).as_posix()
        found = path.lstat()
        mode = found.st_mode & 0o777
        if stat.S_ISLNK(found.st_mode):
            yield _Entry(Member(relative, "symlink", 0, 0o777, str(path.readlink())), None)
        elif stat.S_ISDIR(found.st_mode):
            yield _Entry(Member(relative, "directory", 0, mode), None)
        elif stat.S_ISREG(found.st_mode):
            with path.open("rb") as file:
                yield _Entry(Member(relative, "file", found.st_size, mode), Stream(file.read, found.st_size))
        else:
            yield _Entry(Member(relative, "device", 0, mode), None)


def _walk(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
