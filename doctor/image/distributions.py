"""The Python distributions of an image, by the folder that holds them: every site-packages, and other such folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.distribution import Metadata, canonical, folder_name, metadata
from doctor.image import small

if TYPE_CHECKING:
    from doctor.image.value import Image

SITE = re.compile(r"(?:(.*)/)?lib(?:64)?/python(3(?:\.\d+)?)/(?:site|dist)-packages$")
_IN_FOLDER = re.compile(r"(.+)/[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO|egg/EGG-INFO/PKG-INFO)$")
_AS_FILE = re.compile(r"(.+)/[^/]+\.egg-(?:info|link)$")


class Distribution(NamedTuple):
    """
    An installed distribution.

    Args:
        said: its metadata: canonical name, version ("" where nothing says), requirements.
        path: of the file that says so.
    """

    said: Metadata
    path: str


class CondaPackage(NamedTuple):
    """A package that conda installed, as its record in ``conda-meta`` says; ``seen`` is the record's path."""

    name: str
    version: str
    build: str
    channel: str
    seen: str


def folders(image: Image) -> dict[str, list[str]]:
    """
    Return the metadata files of each folder that holds distributions.

    What a distribution carries along inside itself (``setuptools/_vendor``) is not installed and left out.
    """
    found: dict[str, list[str]] = {}
    for path in image.kept("/METADATA", "/PKG-INFO", ".egg-info", ".egg-link"):
        folder = _folder(path)
        if folder is not None and "-packages/" not in folder:
            found.setdefault(folder, []).append(path)
    return found


def distributions(image: Image, paths: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions that metadata files describe, by name; of two the first counts that has a version."""
    found: dict[str, Distribution] = {}
    for path in paths:
        said = _said(image, path)
        if said.name and (said.name not in found or not found[said.name].said.version):
            found[said.name] = Distribution(said, path)
    return found


def sites(image: Image) -> dict[str, dict[str, Distribution]]:
    """Return the distributions of each folder that holds some, by name."""
    return {folder: distributions(image, paths) for folder, paths in folders(image).items()}


def carried(image: Image, chosen: Mapping[str, Mapping[str, Distribution]]) -> tuple[Distribution, ...]:
    """
    Return the distributions that are there and not imported as such.

    What others carry along inside themselves (``setuptools/_vendor``), and second versions that were unpacked over one
    another (``pip install --target``).

    Args:
        image: that holds them.
        chosen: what `sites` returned.
    """
    known = {one.path for there in chosen.values() for one in there.values()}
    paths = (p for p in image.kept("/METADATA", "/PKG-INFO", ".egg-info") if p not in known and _folder(p) is not None)
    found = (Distribution(_said(image, path), path) for path in paths)
    return tuple(one for one in found if one.said.name)


def python_of(folder: str) -> str:
    """Return the series of Python that a folder's own path names: "3.11", "3" for Debian's, "" for other folders."""
    found = SITE.match(folder)
    return found[2] if found else ""


def modules(image: Image, folders: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the names that can be imported from each folder: modules, packages, namespaces, extensions."""
    found: dict[str, set[str]] = {folder: set() for folder in folders}
    others = [f"{folder}/" for folder in folders if not folder.endswith("-packages")]
    for path in image.files:
        if not path.endswith((".py", ".pyc", ".so")):
            continue
        site, inside, _ = path.partition("-packages/")
        folder = f"{site}-packages" if inside else next((f[:-1] for f in others if path.startswith(f)), "")
        if folder not in found:
            continue
        first, slash, _ = path[len(folder) + 1 :].partition("/")
        found[folder].add(first if slash else first.partition(".")[0])
    return {
        folder: sorted(n for n in names if n.isidentifier() and n != "__pycache__") for folder, names in found.items()
    }


def conda(image: Image) -> tuple[CondaPackage, ...]:
    """Return the packages that conda's records list, in every prefix."""
    paths = (p for p in image.kept(".json") if p.rpartition("/")[0].endswith("conda-meta"))
    records = ([*row, path] for path in paths for row in small.rows(image.data(path)))
    return tuple(CondaPackage._make(row) for row in records if len(row) == len(CondaPackage._fields))


def _folder(path: str) -> str | None:
    found = _IN_FOLDER.match(path)
    if found is None and not path.endswith(("/METADATA", "/PKG-INFO")):
        found = _AS_FILE.match(path)
    return found[1] if found else None


def _said(image: Image, path: str) -> Metadata:
    if path.endswith(".egg-link"):
        return Metadata(canonical(path.rpartition("/")[2].removesuffix(".egg-link")), "")
    said = metadata(image.data(path).decode("utf-8", "replace"))
    if said.name and said.version:
        return said
    folder = path.removesuffix("/EGG-INFO/PKG-INFO")
    folder = folder if folder.endswith((".egg", ".egg-info")) else folder.rpartition("/")[0]
    name, version = folder_name(folder.rpartition("/")[2]) or (said.name, said.version)
    return said._replace(name=said.name or name, version=said.version or version)
