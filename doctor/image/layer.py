"""
One layer of an image: what its tar adds and removes, before it is laid over others (OCI image-spec, "layer.md").

A layer is read once, whatever it came from; what was read can be kept (``doctor/image/cache.py``).
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from doctor.artifact import tar
from doctor.errors import Unreadable
from doctor.formats import elf
from doctor.formats.kinds.elf import Elf
from doctor.formats.stream import Stream
from doctor.image import small
from doctor.image.value import Entry

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_LARGEST_KEPT = 1 << 20
_KEPT_IN_ALL = 64 << 20
_HEADERS = ("/METADATA", "/PKG-INFO")  # mail headers, and then the project's README
_KEPT_NAMES = (
    *_HEADERS, ".egg-info", ".egg-link", "/top_level.txt", "/pyvenv.cfg", "etc/os-release", "usr/lib/os-release",
    "etc/passwd", "/serve", "/nginx.conf", "/config.properties",
)  # fmt: skip
_PROGRAMS = (
    "serve", "java", "nginx", "tritonserver", "tensorflow_model_server", "text-generation-launcher",
    "text-embeddings-router",
)  # fmt: skip
_CUDA = "usr/local/cuda"  # usr/local/cuda-12.4/version.json, version.txt before CUDA 11
_LARGEST_SCRIPT = 1 << 16
_SCRIPTS_IN_ALL = 8 << 20


class LayerIndex(NamedTuple):
    """
    What one layer holds.

    Args:
        entries: path without its leading "/" to entry.
        gone: paths that it removes (whiteouts).
        opaque: folders of which it hides what lies below.
        kept: contents of the small files that tell versions or start a container.
        libraries: what its shared libraries, and the programs that may start a container, need, by path; None where
            one can't be read.
    """

    entries: dict[str, Entry]
    gone: frozenset[str]
    opaque: frozenset[str]
    kept: dict[str, bytes]
    libraries: dict[str, Elf | None]

    @property
    def full(self) -> int:
        """Bytes of the files that it adds."""
        return sum(entry.size for entry in self.entries.values() if entry.kind == "file")


def read(stream: Stream, named: frozenset[str] = frozenset()) -> LayerIndex:
    """
    Read a layer's tar to its end.

    Args:
        stream: uncompressed.
        named: file names that the configuration's command line has: their contents are kept where they are small.

    Raises Unreadable where it is damaged or cut short.
    """
    reading = Reading(named)
    for header, body in tar.entries(stream):
        reading.add(header, body)
    return reading.index()


class Reading:
    """
    A layer whose entries come one after the other.

    Args:
        named: file names that the configuration's command line has.
    """

    def __init__(self, named: frozenset[str]) -> None:
        self._named = named
        self._entries: dict[str, Entry] = {}
        self._gone: set[str] = set()
        self._opaque: set[str] = set()
        self._kept: dict[str, bytes] = {}
        self._libraries: dict[str, Elf | None] = {}
        self._kept_bytes = 0
        self._script_bytes = 0

    def index(self) -> LayerIndex:
        """Return what came so far."""
        return LayerIndex(self._entries, frozenset(self._gone), frozenset(self._opaque), self._kept, self._libraries)

    def add(self, header: tar.Header, body: Stream) -> None:
        """Take an entry, and of its bytes what is wanted."""
        path = "/".join(p for p in header.name.split("/") if p not in {"", "."})
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            self._opaque.add(folder)
        elif name.startswith(_WHITEOUT):
            self._gone.add(f"{folder}/{name[4:]}" if folder else name[4:])
        elif path:
            self._add(path, name, header, body)

    def library(self, path: str, body: Stream) -> Elf | None:  # noqa: ARG002 - those who know it otherwise ask by path
        """Return what a shared library needs; None where it can't be read."""
        return _library(body)

    def _add(self, path: str, name: str, header: tar.Header, body: Stream) -> None:
        # A path that is given twice is what it is given last.
        self._kept.pop(path, None)
        self._libraries.pop(path, None)
        self._entries[path] = Entry(header.kind, header.size, header.mode, header.target, header.owner)
        if header.kind != "file":
            return
        if name.endswith(".so") or ".so." in name or self._is_program(name, header, body):
            self._libraries[path] = self.library(path, body)  # of which nothing is kept: its bytes have passed
        else:
            self._keep(path, header, body)

    def _is_program(self, name: str, header: tar.Header, body: Stream) -> bool:
        """Whether a file may start a container, or run the script that does, and is no script itself."""
        named = name in self._named or name in _PROGRAMS or name.startswith("python3.")
        if not named or not header.mode & 0o111:
            return False
        return header.size > _LARGEST_KEPT or body.peek(4) == elf.MAGIC

    def _keep(self, path: str, header: tar.Header, body: Stream) -> None:
        if (form := small.form_of(path)) is not None:
            with suppress(Unreadable):  # that it is there and wasn't read is told by the entry without contents
                self._kept[path] = form(body, header.size)
            return
        if header.size > _LARGEST_KEPT or self._kept_bytes + header.size > _KEPT_IN_ALL:
            return
        if _is_wanted(path):
            data = body.read(header.size)
            self._kept[path] = _headers(data) if path.endswith((*_HEADERS, ".egg-info")) else data
            self._kept_bytes += len(self._kept[path])
        elif self._is_script(path, header, body):
            self._kept[path] = body.read(header.size)
            self._script_bytes += header.size

    def _is_script(self, path: str, header: tar.Header, body: Stream) -> bool:
        """Whether a file is a small program in text: what starts a container may be any of them."""
        runs = header.mode & 0o111 or path.rpartition("/")[2] in self._named
        if not runs or header.size > _LARGEST_SCRIPT:
            return False
        return self._script_bytes + header.size <= _SCRIPTS_IN_ALL and body.peek(4) != elf.MAGIC


def _is_wanted(path: str) -> bool:
    return f"/{path}".endswith(_KEPT_NAMES) or (path.startswith(_CUDA) and "/version." in path)


def _headers(data: bytes) -> bytes:
    """Return a distribution's metadata without the README behind its headers."""
    ends = [at for at in (data.find(b"\n\n"), data.find(b"\r\n\r\n")) if at >= 0]
    return data[: min(ends) + 1] if ends else data


def _library(body: Stream) -> Elf | None:
    try:
        return elf.read(body)
    except Unreadable:
        return None
