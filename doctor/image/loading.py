"""Which shared libraries an import surely loads, and which of those that they need are nowhere in the image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.model import Evidence

if TYPE_CHECKING:
    from doctor.image.value import Image

_DRIVER = ("libcuda.so", "libnvidia-", "libnvcuvid.so")
_LOADER = ("ld-linux", "linux-vdso", "ld-musl", "linux-gate")


class Loaded(NamedTuple):
    """A library of the image that importing a module loads, and where that import is seen."""

    module: str
    path: str
    seen: Evidence


class Missing(NamedTuple):
    """A name that a library or program needs and no file of the image has; ``path`` is the one that needs it."""

    path: str
    name: str


def loaded(image: Image, used: Mapping[str, Evidence]) -> Iterator[Loaded]:
    """Yield the libraries that the modules in use load when they are imported (``doctor/facts/system_libraries``)."""
    from doctor.used import first_of

    for module, patterns in load("system_libraries")["modules"].items():
        seen = first_of(module, dict(used))
        for path in image.libraries if seen else ():
            inside = path.partition("-packages/")[2]
            if seen and inside and any(fnmatchcase(inside, pattern) for pattern in patterns):
                yield Loaded(module, path, seen)


def missing(image: Image, one: Loaded) -> Iterator[Missing]:
    """Yield what a library, or one that it needs, asks for in vain. The driver's libraries come from the host."""
    yield from missing_of(image, one.path)


def missing_of(image: Image, first: str) -> Iterator[Missing]:
    """Yield what the library or program at a path, or a library that it needs, asks for in vain."""
    there = names(image)
    waiting, done = [first], {first}
    while waiting:
        path = waiting.pop()
        said = image.libraries.get(path) or image.libraries.get(image.resolve(path))
        for name in said.needed if said else ():
            if name.startswith(_LOADER):
                continue
            if name not in there:
                yield Missing(path, name)
            elif there[name] not in done:
                done.add(there[name])
                waiting.append(there[name])


def has_c_library(image: Image) -> bool:
    """Say whether a C library is among the files: without one, the layers of its system are not."""
    return any(name.startswith(("libc.so.", "libc.musl-", "ld-musl-")) for name in names(image))


def of_the_driver(name: str) -> bool:
    """Say whether a library belongs to the GPU's driver, which the host brings."""
    return name.startswith(_DRIVER)


def names(image: Image) -> dict[str, str]:
    """Return the names under which libraries can be found: of files and links, and those that they call themselves."""
    found = {path.rpartition("/")[2]: path for path in image.files if ".so" in path}
    for path, said in image.libraries.items():
        if said and said.name:
            found.setdefault(said.name, path)
    return found
