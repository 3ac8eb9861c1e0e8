"""
Which source an ``--image`` names: told by a prefix, or worked out.

``docker-archive:FILE`` and ``oci:DIR[:TAG]`` are saved images, ``docker:REF`` is one of the engine, ``registry:REF``
one of a registry. Without a prefix: a file or folder of that name, else the engine, else the registry; but what a
cloud's own image holds is known in part from its reference, and no registry is asked for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doctor.errors import BadInput
from doctor.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctor.image.value import Image

SAVED = ("docker-archive", "oci", "oci-archive")
PREFIXES = (*SAVED, "docker", "registry")
_HOW = "name it as docker-archive:FILE, oci:DIR[:TAG], docker:REFERENCE or registry:REFERENCE"


def split(text: str) -> tuple[str, str]:
    """Return the prefix of an image's name, "" where it has none, and the rest."""
    prefix, colon, rest = text.partition(":")
    return (prefix, rest) if colon and prefix in PREFIXES else ("", text)


def is_here(text: str) -> bool:
    """Say whether a name is that of a saved image on this machine, or says that it is to be one."""
    prefix, rest = split(text)
    return prefix in SAVED or (not prefix and Path(rest).exists())


def reference_of(text: str) -> str:
    """Return the reference in an image's name; "" where it names a saved image."""
    prefix, rest = split(text)
    if prefix:
        return "" if prefix in SAVED else rest
    from doctor.image.reference import is_reference

    return rest if not Path(rest).exists() and is_reference(rest) else ""


def read(text: str, *, offline: bool = False, architecture: str = "amd64") -> Image:
    """
    Return the image that a name stands for.

    Args:
        text: as the user gave it.
        offline: ask no engine and no registry that wasn't named.
        architecture: of the image that is taken of several.

    Raises:
        BadInput: nothing has it; the line says what was tried.
        Unknown: it is known in part only, by its reference.
    """
    prefix, rest = split(text)
    if is_here(text):
        return _saved(prefix, rest, architecture)
    if prefix:
        return _of_engine(rest) if prefix == "docker" else _of_registry(rest, architecture)
    if not reference_of(text):
        raise BadInput(f"--image {text}: no such file or directory, and no image reference; {_HOW}")
    if offline:
        raise Unknown(f"{text} was looked for nowhere (--offline): known in part, from its reference")
    return _worked_out(rest, architecture)


def _worked_out(name: str, architecture: str) -> Image:
    from doctor.image import reference

    tried: list[str] = []
    if (found := _tried(lambda: _engine_or_none(name), "the engine", tried)) is not None:
        return found
    if reference.describe(name).cloud:
        raise Unknown(
            f"{name} is not on this machine: known in part, from its reference; registry:{name} reads it whole"
        )
    if (found := _tried(lambda: _of_registry(name, architecture), "the registry", tried)) is not None:
        return found
    raise BadInput(f"--image {name}: no file of that name; {'; '.join(tried)}; {_HOW}")


def _tried(ask: Callable[[], Image | None], whom: str, tried: list[str]) -> Image | None:
    """Return what someone answers; note it where that is nothing."""
    try:
        found = ask()
    except BadInput as problem:
        tried.append(str(problem).removeprefix("--image ").partition(": ")[2] or str(problem))
        return None
    if found is None:
        tried.append(f"{whom} doesn't have it")
    return found


def _saved(prefix: str, rest: str, architecture: str) -> Image:
    from doctor.image.assembling import assembled
    from doctor.image.saved import Saved

    if prefix == "oci" and not Path(rest).exists():
        folder, _, tag = rest.rpartition(":")
        return assembled(Saved(folder, tag, architecture) if folder else Saved(rest))
    return assembled(Saved(rest, architecture=architecture))


def _engine_or_none(name: str) -> Image | None:
    from doctor.image import engine

    found = engine.find(name)
    return engine.read(found) if found is not None else None


def _of_engine(name: str) -> Image:
    found = _engine_or_none(name)
    if found is None:
        raise BadInput(f"--image docker:{name}: the engine has no such image; docker pull {name}, or name another")
    return found


def _of_registry(name: str, architecture: str) -> Image:
    from doctor.image.assembling import assembled
    from doctor.image.registry import Registry

    return assembled(Registry(name, architecture))
