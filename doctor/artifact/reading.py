"""Reads an artifact in one pass: what kind of container it is, its members, the small files, the models in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from doctor.artifact import tar
from doctor.artifact.collecting import Collector, Examined
from doctor.artifact.gzipped import inflated
from doctor.artifact.tree import Kind, Member, Trouble
from doctor.errors import BadInput, Unreadable
from doctor.formats.recognise import HEAD, recognise
from doctor.formats.stream import Stream

Watch = Callable[[int, int], None]  # bytes done, bytes in all

ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip")


def read(source: str, watch: Watch | None = None) -> Examined:
    """
    Read a directory, an archive or a single model file.

    Raises BadInput where there is no such file, or where it is none of these.
    """
    path = Path(source)
    try:
        if path.is_dir():
            return _directory(source, path)
        with path.open("rb") as file:
            return _file(source, file, path.stat().st_size, watch or (lambda _done, _total: None))
    except FileNotFoundError:
        raise BadInput(f"{source}: no such file or directory") from None
    except PermissionError:
        raise BadInput(f"{source}: not readable by this user; change its permissions") from None
    except IsADirectoryError:
        raise BadInput(f"{source}: is a directory that can't be read") from None
    except OSError as error:
        raise BadInput(f"{source}: {error.strerror or error}") from None


def _file(source: str, file: IO[bytes], size: int, watch: Watch) -> Examined:
    head = file.read(HEAD)
    file.seek(0)
    collector = Collector(size)
    name = source.rstrip("/").rsplit("/", 1)[-1]
    if head.startswith(b"\x1f\x8b") and _gzipped_tar(file, name):
        return _archive(source, "tar.gz", collector, inflated(file, lambda done: watch(done, size), collector.guarded))
    if tar.is_tar(head[: tar.BLOCK]):
        return _archive(source, "tar", collector, _on_disk(file, size, watch))
    word = recognise(head, name)
    if head.startswith(b"PK\x03\x04") and (word is None or name.lower().endswith(".zip")):
        return _zip(source, collector, file, watch)
    if name.lower().endswith(ARCHIVE_ENDINGS):
        collector.no_archive(name, head)
        return collector.examined(source, "file", size)
    if word is None:
        collector.look(name, head, size)
        if not collector.troubles:
            raise BadInput(
                f"{source}: neither an archive nor a model format known here; give a model.tar.gz or a folder"
            )
        return collector.examined(source, "file", size)
    collector.take(Member(name, "file", size, raw=name), _on_disk(file, size, watch))
    return collector.examined(source, "file", size)


def _gzipped_tar(file: IO[bytes], name: str) -> bool:
    """Whether a tar is inside; a damaged one that is named as an archive counts, so that the damage is told."""
    try:
        block = inflated(file).peek(tar.BLOCK)
        return tar.is_tar(block) or (name.lower().endswith((".tar.gz", ".tgz")) and not block)
    except Unreadable:
        return name.lower().endswith((".tar.gz", ".tgz"))
    finally:
        file.seek(0)


def _on_disk(file: IO[bytes], size: int, watch: Watch | None = None) -> Stream:
    def leap(count: int) -> None:
        at = file.seek(count, os.SEEK_CUR)
        if watch:
            watch(at, size)

    return Stream(file.read, size, leap)


def _archive(source: str, container: str, collector: Collector, stream: Stream) -> Examined:
    stored = collector.stored
    try:
        for header, content in tar.entries(stream):
            member = collector.member(header.name, header.kind, header.size, header.mode, header.target)
            if member is None:
                continue
            collector.take(member, content)
    except Unreadable as error:
        collector.stopped(error)
    return collector.examined(source, container, stored)


def _zip(source: str, collector: Collector, file: IO[bytes], watch: Watch) -> Examined:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(file) as archive:
            collector.claimed(sum(info.file_size for info in archive.infolist()))
            for info in archive.infolist():
                mode = info.external_attr >> 16
                kind: Kind = "symlink" if stat.S_ISLNK(mode) else "directory" if info.is_dir() else "file"
                member = collector.member(info.filename, kind, info.file_size, mode & 0o7777 or 0o644, "")
                if member is None:
                    continue
                with archive.open(info) as content:
                    collector.take(member, Stream(collector.guarded(content.read), info.file_size))
                watch(file.tell(), collector.stored)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError, Unreadable) as error:
        collector.stopped(error)
    return collector.examined(source, "zip", collector.stored)


def _directory(source: str, root: Path) -> Examined:
    collector = Collector(0)
    for entry in _walk(root):
        path = Path(entry.path)
        relative = path.relative_to(root).as_posix()
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            collector.take(Member(relative, "symlink", 0, 0o777, str(path.readlink()), relative), None)
        elif stat.S_ISDIR(found.st_mode):
            collector.take(Member(relative, "directory", 0, found.st_mode & 0o7777, raw=relative), None)
        elif not stat.S_ISREG(found.st_mode):
            collector.take(Member(relative, "device", 0, found.st_mode & 0o7777, raw=relative), None)
        else:
            member = Member(relative, "file", found.st_size, found.st_mode & 0o7777, raw=relative)
            with path.open("rb") as file:
                collector.take(member, _on_disk(file, found.st_size))
    if not collector.members:
        collector.troubles.append(Trouble("empty", "", "a directory without a file"))
    return collector.examined(source, "directory", collector.unpacked)


def _walk(root: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(root) as entries:
        ordered = sorted(entries, key=lambda e: e.name)
    for entry in ordered:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
