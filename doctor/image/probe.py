"""
The program that an image's own Python runs in a container, to tell what files there are: `doctor/image/probed.py` asks.

It is given as text, so it has the standard library only, and runs on Python 3.6 and later. Both sides send frames: the
number of bytes as eight, then the bytes; an empty one ends a message, and a message is compressed as a whole. First it
sends all paths; then, to each message of questions, as many answers: of a file its bytes, of a shared library what
`doctor/formats/elf.py` says of it.
"""

# ruff: noqa: PTH115, PTH118, PTH123, PTH208 - paths are bytes here

import io
import os
import re
import signal
import stat
import struct
import sys
import zlib

SECONDS = 90  # should nobody end it
WINDOW = 8 << 20  # as elf.py has it, and so the two below
MOST_STRINGS = 8 << 20
MOST_SEGMENTS = 512
MOST_ENTRIES = 4096
MACHINES = {62: b"x86_64", 183: b"aarch64"}
KINDS = {stat.S_IFREG: b"f", stat.S_IFDIR: b"d", stat.S_IFLNK: b"l"}


class Damaged(Exception):
    """A file is no ELF file, or one that is damaged."""


class Message:
    """What is sent, compressed while it is written."""

    def __init__(self, out: int) -> None:
        self._out = out
        self._machine = zlib.compressobj(1)
        self._waiting = b""

    def add(self, data: bytes) -> None:
        """Send more."""
        self._send(self._machine.compress(data))

    def end(self) -> None:
        """Send what waits, and that this was all."""
        self._send(self._machine.flush(), 0)
        write(self._out, struct.pack(">Q", 0))

    def _send(self, data: bytes, least: int = 1 << 16) -> None:
        self._waiting += data
        if len(self._waiting) > least:
            write(self._out, struct.pack(">Q", len(self._waiting)) + self._waiting)
            self._waiting = b""


def write(out: int, data: bytes) -> None:
    """Write all bytes."""
    left = memoryview(data)
    while left:
        left = left[os.write(out, left) :]


def received(source: int) -> bytes:
    """Return the next message, b"" where there is none."""
    parts: list[bytes] = []
    while True:
        size = struct.unpack(">Q", exactly(source, 8) or bytes(8))[0]
        if not size:
            return zlib.decompress(b"".join(parts)) if parts else b""
        parts.append(exactly(source, size))


def exactly(source: int, count: int) -> bytes:
    """Return a number of bytes, b"" where fewer come."""
    data = b""
    while len(data) < count:
        more = os.read(source, count - len(data))
        if not more:
            return b""
        data += more
    return data


def mounted() -> "set[bytes]":
    """Return what is no part of the image: where something else is mounted."""
    found = set()
    with open("/proc/self/mountinfo", "rb") as file:
        for line in file:
            place = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), line.split()[4])
            found.add(place)
    return found - {b"/"}


def walk(message: Message) -> None:
    """Send each path with its kind, size, mode, owner and link target; an unreadable folder and a mount say so."""
    mounts = mounted()
    seen: dict[tuple[int, int], bytes] = {}
    waiting = [b"/"]
    while waiting:
        folder = waiting.pop()
        try:
            below = [(path, os.lstat(path)) for path in inside(folder) if path not in mounts]
        except PermissionError:
            message.add(folder[1:] + b"\0r 0 0 0\0\0")
            continue
        below.sort(key=lambda one: one[0])
        for path, said in below:
            message.add(row(path, said, seen))
        waiting += [path for path, said in reversed(below) if stat.S_ISDIR(said.st_mode)]
    for path in mounts:
        message.add(path[1:] + b"\0m 0 0 0\0\0")


def inside(folder: bytes) -> "list[bytes]":
    """Return the paths in a folder."""
    return [os.path.join(folder, name) for name in os.listdir(folder)]


def row(path: bytes, said: os.stat_result, seen: "dict[tuple[int, int], bytes]") -> bytes:
    """Return what is told of a path; a second name of a file is a hard link to the first."""
    form = stat.S_IFMT(said.st_mode)
    if form == stat.S_IFSOCK:  # engines leave them out of layers
        return b""
    kind, target = KINDS.get(form, b"c"), b""
    if kind == b"l":
        target = os.readlink(path)
    elif kind == b"f" and said.st_nlink > 1:
        first = seen.setdefault((said.st_dev, said.st_ino), path)
        kind, target = (b"f", b"") if first == path else (b"h", first[1:])
    size = said.st_size if kind == b"f" else 0
    return b"%s\0%s %d %d %d\0%s\0" % (path[1:], kind, size, stat.S_IMODE(said.st_mode), said.st_uid, target)


def answer(question: bytes) -> bytes:
    """Return what is asked of a file: its number of bytes and then they; -1 where it may not be read."""
    size, path = question[1:].split(b" ", 1)
    try:
        with open(b"/" + path, "rb") as file:
            said = elf(file) if question[:1] == b"e" else file.read(int(size))
    except OSError:
        return struct.pack(">q", -1)
    return struct.pack(">q", len(said)) + said


def elf(file: io.BufferedReader) -> bytes:
    """Return machine, name, libc's version, loader and needed libraries of an ELF file; b"" where it is damaged."""
    try:
        return b"\0".join(linked(file, os.fstat(file.fileno()).st_size))
    except Damaged:
        return b""


def linked(file: io.BufferedReader, size: int) -> "list[bytes]":
    """Return what `elf` joins."""
    head = file.read(64)
    if len(head) < 20 or not head.startswith(b"\x7fELF"):
        raise Damaged
    order = ">" if head[5] == 2 else "<"
    number = struct.unpack_from(order + "H", head, 18)[0]
    machine = MACHINES.get(number, b"%d" % number)
    if len(head) < 64 or head[4] != 2 or order == ">":
        return [machine, b"", b"", b""]
    segments = segments_of(file, head, size)
    dynamic = [s for s in segments if s[0] == 2]
    if not dynamic:
        return [machine, b"", b"", b""]
    _, start, _, length = dynamic[0]
    held = min(start + length, WINDOW, size)
    length = min(length, 16 * MOST_ENTRIES)
    entries = entries_of(part(file, start, length, size))
    said = dict(entries)
    loader = loader_of(file, segments, held, size)
    if 5 not in said:
        return [machine, b"", b"", loader]
    place = place_of(said[5], segments)
    count = min(said.get(10, 0), MOST_STRINGS)
    passed = start + length if start + length > held else 0
    if place + count > held and place < passed:  # elf.py reads forward only
        raise Damaged
    strings = part(file, place, count, size)
    needed = [text(strings, value) for tag, value in entries if tag == 1]
    return [machine, text(strings, said[14]) if 14 in said else b"", highest(strings), loader, *needed]


def segments_of(file: io.BufferedReader, head: bytes, size: int) -> "list[tuple[int, int, int, int]]":
    """Return kind, offset, address and size in the file of each segment."""
    table = struct.unpack_from("<Q", head, 32)[0]
    each, count = struct.unpack_from("<HH", head, 54)
    if each != 56 or count > MOST_SEGMENTS or table > WINDOW:
        raise Damaged
    data = part(file, table, each * count, size)
    rows = [struct.unpack_from("<IIQQQQ", data, at) for at in range(0, len(data), each)]
    return [(row[0], row[2], row[3], row[5]) for row in rows]


def loader_of(file: io.BufferedReader, segments: "list[tuple[int, int, int, int]]", held: int, size: int) -> bytes:
    """Return the loader that a program names."""
    for kind, offset, _, length in segments:
        if kind == 3 and length <= 4096 and offset + length <= held:
            said = part(file, offset, length, size).split(b"\0", 1)[0]
            return said.decode("utf-8", "replace").encode("utf-8")
    return b""


def entries_of(data: bytes) -> "list[tuple[int, int]]":
    """Return tag and value of each entry of the dynamic section."""
    found = []
    for tag, value in struct.iter_unpack("<QQ", data[: len(data) // 16 * 16]):
        if tag == 0:
            break
        found.append((tag, value))
    return found


def place_of(address: int, segments: "list[tuple[int, int, int, int]]") -> int:
    """Return where in the file an address lies."""
    for kind, offset, start, size in segments:
        if kind == 1 and start <= address < start + size:
            return address - start + offset
    raise Damaged


def part(file: io.BufferedReader, start: int, count: int, size: int) -> bytes:
    """Return a number of bytes at a place."""
    if start + count > size:
        raise Damaged
    file.seek(start)
    return bytes(file.read(count))


def text(strings: bytes, at: int) -> bytes:
    """Return the string at a place."""
    end = strings.find(b"\0", at)
    if at >= len(strings) or end < 0:
        raise Damaged
    return strings[at : min(end, at + 4096)].decode("utf-8", "replace").encode("utf-8")


def highest(strings: bytes) -> bytes:
    """Return the highest version of GNU libc that is named."""
    found = re.findall(rb"\0GLIBC_(\d{1,3}(?:\.\d{1,3}){1,2})(?=\0)", strings)
    versions = [tuple(map(int, v.split(b"."))) for v in found]
    return ".".join(map(str, max(versions))).encode() if versions else b""


def main() -> None:
    """Tell all paths, then answer."""
    signal.alarm(SECONDS)
    message = Message(1)
    walk(message)
    message.end()
    while True:
        questions = received(0)
        if not questions:
            return
        message = Message(1)
        for question in questions.split(b"\0"):
            message.add(answer(question))
        message.end()


if __name__ == "__main__":
    sys.setrecursionlimit(200)
    main()
