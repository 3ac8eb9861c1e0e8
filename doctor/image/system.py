"""The operating system of an image: its release, the packages that its databases list, and its C library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.errors import Unreadable
from doctor.image import small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.image.value import Image

_NDB = tuple(f"{path}.db" for path in small.RPM_OLD)
_LIBC_PACKAGES = {"libc6": "glibc", "glibc": "glibc", "musl": "musl"}


class Installed(NamedTuple):
    """
    A package of the operating system.

    Args:
        kind: of the database: "deb", "apk" or "rpm".
        name: as its database spells it.
        version: with epoch and release.
        architecture: "" where the database names none.
        seen: path of the database.
    """

    kind: str
    name: str
    version: str
    architecture: str
    seen: str


class Libc(NamedTuple):
    """
    The C library that programs are linked to.

    Args:
        kind: "glibc", "musl", or "" where nothing tells.
        version: "2.36"; "" where nothing tells.
        seen: what says so.
        exact: False where it is only the newest version that its symbols name: it may be a later one.
    """

    kind: str = ""
    version: str = ""
    seen: str = ""
    exact: bool = True


def release(image: Image) -> Mapping[str, str]:
    """Return what os-release(5) says: ID, VERSION_ID, PRETTY_NAME; empty where there is none."""
    for path in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = image.data(image.resolve(path)).decode("utf-8", "replace")
        except Unreadable:
            continue
        pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
        return {key.strip(): value.strip().strip("'\"") for key, _, value in pairs}
    return {}


def packages(image: Image) -> tuple[Installed, ...]:
    """Return the packages that the databases list; a database that can't be read gives none: see `unread`."""
    return tuple(package for path, kind in _databases(image) for package in _of(image, path, kind))


def unread(image: Image) -> tuple[str, ...]:
    """Return the paths of package databases that are there and were not read."""
    known = [path for path, _ in _databases(image) if not _is_kept(image, path)]
    logs = [f"{path}-wal" for path in small.RPM if (e := image.files.get(f"{path}-wal")) is not None and e.size]
    others = [path for path in _NDB if (e := image.files.get(path)) is not None and e.size]
    return (*known, *logs, *others)


def libc(image: Image, found: tuple[Installed, ...]) -> Libc:
    """Return the C library, by the package that brings it, its file's name, or the newest of its symbols."""
    for package in found:
        if (kind := _LIBC_PACKAGES.get(package.name.partition(":")[0])) and (version := upstream(package.version)):
            return Libc(kind, version, f"{package.name} {package.version}")
    for path, said in image.libraries.items():
        folder, _, name = path.rpartition("/")
        if folder not in _LIBRARIES and not folder.startswith(("lib/", "usr/lib/")):
            continue
        if "libc.so.6" in {name, said.name if said else ""}:
            named = re.fullmatch(r"libc-(\d+\.\d+)\.so", image.resolve(path).rpartition("/")[2])
            if named:
                return Libc("glibc", named[1], image.resolve(path))
            return Libc("glibc", said.glibc if said else "", path, exact=False)
    musl = next((p for p in image.files if p.startswith("lib/ld-musl-")), "")
    return Libc("musl", "", musl) if musl else Libc()


_LIBRARIES = ("lib", "lib64", "usr/lib", "usr/lib64")


def upstream(version: str) -> str:
    """Return the version of the software in a package's: "3.11.2" of "1:3.11.2-6+deb12u3"; "" where it has none."""
    found = re.match(r"(?:\d+:)?v?(\d+(?:\.\d+)*)", version)
    return found[1] if found else ""


def _databases(image: Image) -> Iterator[tuple[str, str]]:
    for paths, kind in (((small.DPKG,), "deb"), (small.APK, "apk"), (small.RPM, "rpm"), (small.RPM_OLD, "rpm")):
        for path in paths:
            entry = image.files.get(path)
            # rpm leaves an empty file of the old name beside its new database.
            if entry is not None and entry.kind == "file" and entry.size:
                yield path, kind
    for path in image.kept_in(small.DISTROLESS):
        yield path, "deb"


def _is_kept(image: Image, path: str) -> bool:
    try:
        image.data(path)
    except Unreadable:
        return False
    return True


def _of(image: Image, path: str, kind: str) -> Iterator[Installed]:
    if _is_kept(image, path):
        for row in small.rows(image.data(path)):
            if len(row) == 3:
                yield Installed(kind, row[0], row[1], row[2], path)
