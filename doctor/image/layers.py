"""Layers laid over one another: whiteouts, opaque directories, replaced files (OCI image-spec, "layer.md")."""

from __future__ import annotations

from typing import IO

from doctor.artifact import tar
from doctor.artifact.gzipped import inflated
from doctor.errors import BadInput, Unreadable
from doctor.formats import elf
from doctor.formats.kinds.elf import Elf
from doctor.formats.stream import Stream
from doctor.image.value import Entry

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_LARGEST_KEPT = 1 << 20
_KEPT_IN_ALL = 128 << 20
_KEPT_NAMES = (
    "/METADATA", "/PKG-INFO", "/top_level.txt", "/pyvenv.cfg", "etc/os-release", "usr/lib/os-release",
    "etc/passwd", "/serve", "/nginx.conf", "/config.properties",
)  # fmt: skip
_KEPT_FOLDERS = ("/conda-meta/",)
_LARGEST_SCRIPT = 1 << 16
_SCRIPTS_IN_ALL = 8 << 20


class Merged:
    """
    The files of the layers applied so far, and the contents of those worth keeping.

    Args:
        named: file names that the configuration's command line has: their contents are kept where they are small.
    """

    def __init__(self, named: frozenset[str] = frozenset()) -> None:
        self._named = named
        self.files: dict[str, Entry] = {}
        self.kept: dict[str, bytes] = {}
        self.libraries: dict[str, Elf | None] = {}
        self._kept_bytes = 0
        self._script_bytes = 0

    def apply(self, layer: Stream) -> None:
        """Lay one layer's tar over the files. Unreadable where it is damaged or cut short."""
        added: dict[str, Entry] = {}
        gone: set[str] = set()
        opaque: set[str] = set()
        contents: dict[str, bytes] = {}
        libraries: dict[str, Elf | None] = {}
        for header, body in tar.entries(layer):
            path = "/".join(p for p in header.name.split("/") if p not in {"", "."})
            folder, _, name = path.rpartition("/")
            if name == _OPAQUE:
                opaque.add(folder)
            elif name.startswith(_WHITEOUT):
                gone.add(f"{folder}/{name[4:]}" if folder else name[4:])
            elif path:
                added[path] = Entry(header.kind, header.size, header.mode, header.target, header.owner)
                if header.kind == "file" and (name.endswith(".so") or ".so." in name):
                    libraries[path] = _library(body)  # of which nothing is kept: its bytes have passed
                else:
                    self._keep(path, header, body, contents)
        gone |= {p for p, e in added.items() if e.kind != "directory"}
        self._remove(gone, opaque)
        self.files.update(added)
        self.kept.update(contents)
        self.libraries.update(libraries)
        self._follow_hard_links(added)

    def _keep(self, path: str, header: tar.Header, body: Stream, contents: dict[str, bytes]) -> None:
        wanted = f"/{path}".endswith(_KEPT_NAMES) or path in _KEPT_NAMES or any(f in path for f in _KEPT_FOLDERS)
        small = header.size <= _LARGEST_KEPT and self._kept_bytes + header.size <= _KEPT_IN_ALL
        if header.kind != "file" or not small:
            return
        if wanted:
            contents[path] = body.read(header.size)
            self._kept_bytes += header.size
        elif self._is_script(path, header, body):
            contents[path] = body.read(header.size)
            self._script_bytes += header.size

    def _is_script(self, path: str, header: tar.Header, body: Stream) -> bool:
        """Whether a file is a small program in text: what starts a container may be any of them."""
        runs = header.mode & 0o111 or path.rpartition("/")[2] in self._named
        if not runs or header.size > _LARGEST_SCRIPT:
            return False
        return self._script_bytes + header.size <= _SCRIPTS_IN_ALL and body.peek(4) != elf.MAGIC

    def _remove(self, gone: set[str], opaque: set[str]) -> None:
        if not (gone or opaque) or not self.files:
            return
        dead = [p for p in self.files if p in gone or _below(p, gone) or _below(p, opaque)]
        for path in dead:
            del self.files[path]
            self.kept.pop(path, None)
            self.libraries.pop(path, None)

    def _follow_hard_links(self, added: dict[str, Entry]) -> None:
        for path, entry in added.items():
            target = entry.target.strip("/").removeprefix("./")
            if entry.kind == "hardlink" and target in self.files:
                self.files[path] = self.files[target]
                if target in self.kept:
                    self.kept[path] = self.kept[target]
                if target in self.libraries:
                    self.libraries[path] = self.libraries[target]


def _library(body: Stream) -> Elf | None:
    try:
        return elf.read(body)
    except Unreadable:
        return None


def _below(path: str, folders: set[str]) -> bool:
    """Whether one of the folders is an ancestor of the path ("" is every path's)."""
    if "" in folders:
        return True
    at = path.rfind("/")
    while at > 0:
        if path[:at] in folders:
            return True
        at = path.rfind("/", 0, at)
    return False


def opened(file: IO[bytes], size: int | None, name: str) -> Stream:
    """
    Return a layer's tar as a stream, whatever compresses it.

    Raises BadInput for zstd where no library reads it.
    """
    head = file.read(4)
    file.seek(-len(head), 1)
    if head.startswith(b"\x1f\x8b"):
        return inflated(file)
    if head == b"\x28\xb5\x2f\xfd":
        return Stream(_zstd(file, name).read, None)
    return Stream(file.read, size, lambda count: _forward(file, count))


def _forward(file: IO[bytes], count: int) -> None:
    file.seek(count, 1)


def _zstd(file: IO[bytes], name: str) -> IO[bytes]:
    try:
        import zstandard
    except ImportError:
        raise BadInput(f"{name} is compressed with zstd; pip install zstandard to read it") from None
    reader: IO[bytes] = zstandard.ZstdDecompressor().stream_reader(file)
    return reader
