"""
What a probe in a container says of an image's files, as the layer that all its layers make together.

The probe only says what it is asked: which files are wanted is decided here, by the same rules that hold for a layer's
tar. What the image's user may not read is asked of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from doctor.artifact import tar
from doctor.artifact.tar import Header
from doctor.errors import Unreadable
from doctor.formats import elf
from doctor.formats.kinds.elf import Elf
from doctor.formats.stream import Stream, stream_of
from doctor.image import passing, small
from doctor.image.container import INTERPRETERS, Container
from doctor.image.covered import covered
from doctor.image.layer import LayerIndex, Reading
from doctor.image.refusing import Refused

_KINDS = {"f": "file", "d": "directory", "l": "symlink", "h": "hardlink", "c": "device"}
_FIELDS = 3
_MOST_ASKED = 128 << 20
_MOST_REFUSED = 64


class Listing(NamedTuple):
    """
    What a probe lists.

    Args:
        headers: of what it sees, as a tar of it would have them.
        refused: folders that the image's user may not list.
        mounts: where something is mounted over the image.
    """

    headers: list[Header]
    refused: list[str]
    mounts: list[str]


def index(client: Any, said: Mapping[str, Any], named: frozenset[str]) -> LayerIndex:
    """
    Return what an image holds, as one layer, by asking its own Python.

    Args:
        client: of the engine (``docker.APIClient``).
        said: what the engine says of the image.
        named: file names of the configuration's command line.

    Raises Refused where that can't be had. What the client raises where the engine refuses is left to the caller.
    """
    if isinstance(configured := said.get("Config"), dict) and configured.get("Volumes"):
        raise Refused("it declares volumes, over which an engine mounts what it makes of them")
    for interpreter in INTERPRETERS:
        container = Container(client, str(said["Id"]), interpreter)
        try:
            if _started(container):
                return _index(container, named)
        except Unreadable as error:
            raise Refused(f"not what a tar would hold: {error}") from None
        finally:
            container.remove()
    raise Refused("it has no Python that can be run")


def _started(container: Container) -> bool:
    from docker.errors import APIError

    try:
        container.start()
    except APIError as error:
        if "no such file" in str(error) or "not found" in str(error):
            return False
        raise Refused(str(error)) from None
    return True


def _index(container: Container, named: frozenset[str]) -> LayerIndex:
    listed = listing(container.message())
    strange = [path for path in listed.mounts if not covered(path)]
    if strange or len(listed.refused) > _MOST_REFUSED:
        raise Refused(f"{len(strange)} places are mounted over, {len(listed.refused)} folders can't be listed")
    asking = _Asking(named)
    for header in listed.headers:
        asking.add(header, asking.body(header))
    reading = _Answered(named, asking, container)
    reading.take()
    for path in listed.refused:
        reading.take_archive(path)
    seen, answered = asking.index(), reading.index()
    return answered._replace(
        entries={**seen.entries, **answered.entries},
        kept={**seen.kept, **answered.kept},
    )


def listing(said: bytes) -> Listing:
    """Return what a probe lists; Refused where a path or a number is none."""
    fields = said.split(b"\0")
    if len(fields) % _FIELDS != 1 or fields[-1]:
        raise Refused("a list that ends early")
    found, seen = Listing([], [], []), set[bytes]()
    for at in range(0, len(fields) - 1, _FIELDS):
        raw, facts, target = fields[at : at + _FIELDS]
        path, kind, size, mode, owner = _row(raw, facts)
        if kind == "m":
            found.mounts.append(path)
        elif kind == "r":
            found.refused.append(path)
        elif kind in _KINDS and raw not in seen:
            seen.add(raw)
            to = target.decode("utf-8", "surrogateescape")
            found.headers.append(Header(path, _KINDS[kind], size, mode, to, owner))  # type: ignore[arg-type]
        else:
            raise Refused(f"{path[:200]} of kind {kind[:10]}, or twice")
    return found


def _row(raw: bytes, facts: bytes) -> tuple[str, str, int, int, int]:
    try:
        kind, *numbers = facts.decode("ascii").split(" ")
        size, mode, owner = (int(n) for n in numbers if len(n) < 20 and n.isdigit())
    except ValueError:
        raise Refused(f"{facts[:80]!r} are no facts") from None
    if not raw or any(part in {b"", b".", b".."} for part in raw.split(b"/")) or mode > 0o7777:
        raise Refused(f"{raw[:200]!r} is no path, or {mode:o} no mode")
    return raw.decode("utf-8", "surrogateescape"), kind, size, mode, owner


class _Asking(Reading):
    """Takes entries whose bytes nobody has, and notes of which files a layer's reader would want them."""

    def __init__(self, named: frozenset[str]) -> None:
        super().__init__(named)
        self.wanted: dict[str, Header] = {}
        self._none = stream_of(b"")

    def body(self, header: Header) -> Stream:
        return Stream(self._noting(header), header.size) if header.kind == "file" else self._none

    def add(self, header: Header, body: Stream) -> None:
        try:
            super().add(header, body)
        except Unreadable:
            self.wanted[header.name] = header

    def _noting(self, header: Header) -> Callable[[int], bytes]:
        def pull(_count: int) -> bytes:
            self.wanted[header.name] = header
            raise Unreadable("asked for")

        return pull


class _Answered(Reading):
    """Takes the files that are wanted, once the probe has said what is in them."""

    def __init__(self, named: frozenset[str], asking: _Asking, container: Container) -> None:
        super().__init__(named)
        self._container = container
        shared = asking.index().libraries
        self._wanted = list(asking.wanted.values())
        self._shared = [header for header in self._wanted if header.name in shared]
        self._elves: dict[str, Elf | None] = {}

    def library(self, path: str, body: Stream) -> Elf | None:
        return self._elves[path] if path in self._elves else super().library(path, body)

    def take(self) -> None:
        """Ask for what is wanted, and take it."""
        shared = {header.name for header in self._shared}
        plain = [header for header in self._wanted if header.name not in shared]
        if sum(header.size for header in plain) > _MOST_ASKED:
            raise Refused(f"more than {_MOST_ASKED >> 20} MiB are wanted")
        files = [*self._shared, *plain]
        answers = self._container.ask([_question(h, h.name in shared) for h in files]) if files else []
        for header, answer in zip(files, answers, strict=True):
            if answer is None:
                self.take_archive(header.name)
            elif header.name in shared:
                self._elves[header.name] = _elf(answer)
                self.add(header, stream_of(b""))
            else:
                self._take_file(header, answer)

    def _take_file(self, header: Header, data: bytes) -> None:
        if len(data) != header.size:
            raise Refused(f"{len(data)} of {header.size} bytes of {header.name}")
        self.add(header, stream_of(data))
        if header.name not in self._kept and not small.form_of(header.name) and not data.startswith(elf.MAGIC):
            raise Refused("more than is kept of a layer")  # which of them would be is decided in each layer

    def take_archive(self, path: str) -> None:
        """Take what the image's user may not read as the engine sees it."""
        above = path.rpartition("/")[0]
        for header, body in tar.entries(Stream(passing.pulled(self._container.archive(f"/{path}")), None)):
            name = f"{above}/{header.name}" if above else header.name
            target = f"{above}/{header.target}" if above and header.kind == "hardlink" else header.target
            self.add(header._replace(name=name.rstrip("/"), target=target), body)


def _question(header: Header, shared: bool) -> bytes:  # noqa: FBT001 - private, and said by its place
    return b"%s%d %s" % (b"e" if shared else b"c", header.size, header.name.encode("utf-8", "surrogateescape"))


def _elf(answer: bytes) -> Elf | None:
    if not answer:
        return None
    try:
        machine, name, glibc, loader, *needed = answer.decode("utf-8").split("\0")
    except ValueError:
        raise Refused("no answer of what a library needs") from None
    return Elf(machine, name, tuple(needed), glibc, loader)
