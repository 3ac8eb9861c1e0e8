"""The artifact as a value: its members, the small files kept, the models recognised, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from doctor.errors import Unreadable

Kind = Literal["file", "directory", "symlink", "hardlink", "device"]


class Member(NamedTuple):
    """
    One entry of the artifact.

    ``path`` is as the platform would extract it under /opt/ml/model ("code/inference.py", no leading "./");
    ``raw`` is as the archive spells it; ``target`` is where a link points.
    """

    path: str
    kind: Kind
    size: int
    mode: int = 0o644
    target: str = ""
    raw: str = ""


class Trouble(NamedTuple):
    """
    Something wrong with the container itself, met while reading it.

    ``kind`` is one word: not-gzip, truncated, corrupt, empty, climbs-out, bomb, duplicate, lfs-pointer, html,
    empty-file. ``path`` is the member, or "" for the archive.
    """

    kind: str
    path: str
    saw: str


class Artifact:
    """
    A model artifact, read once and never extracted.

    Args:
        source: as the user named it.
        container: "tar.gz", "tar", "zip", "directory" or "file".
        members: by path, in the order of the archive.
        kept: contents of the small files.
        troubles: what was wrong with the container.
        stored: bytes of the archive on disk (equal to the unpacked bytes for a directory).
    """

    def __init__(
        self,
        source: str,
        container: str,
        members: Mapping[str, Member],
        kept: Mapping[str, bytes],
        troubles: tuple[Trouble, ...] = (),
        stored: int = 0,
    ) -> None:
        self.source = source
        self.container = container
        self.members = members
        self.troubles = troubles
        self.stored = stored
        self._kept = kept

    def __contains__(self, path: object) -> bool:
        return path in self.members

    def files(self) -> Iterator[Member]:
        """Yield the regular files, in the order of the archive."""
        return (m for m in self.members.values() if m.kind == "file")

    def named(self, *endings: str) -> Iterator[Member]:
        """Yield the regular files whose path ends in one of `endings`, letter case aside."""
        lowered = tuple(e.lower() for e in endings)
        return (m for m in self.files() if m.path.lower().endswith(lowered))

    def under(self, folder: str) -> Iterator[Member]:
        """Yield the regular files below a folder ("" for all)."""
        prefix = f"{folder.rstrip('/')}/" if folder else ""
        return (m for m in self.files() if m.path.startswith(prefix))

    def has_folder(self, folder: str) -> bool:
        """Say whether a directory entry or any member below it exists."""
        prefix = folder.rstrip("/") + "/"
        return folder.rstrip("/") in self.members or any(p.startswith(prefix) for p in self.members)

    def data(self, path: str) -> bytes:
        """Return the contents of a small file; Unreadable where it is absent or was too large to keep."""
        try:
            return self._kept[path]
        except KeyError:
            reason = "too large to keep" if path in self.members else "not in the artifact"
            raise Unreadable(f"{path}: {reason}") from None

    def text(self, path: str) -> str:
        """Return a small file as UTF-8 text; Unreadable where it is absent, large or not text."""
        try:
            return self.data(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unreadable(f"{path}: not UTF-8 text: {error}") from None
