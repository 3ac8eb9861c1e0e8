"""A saved image: what ``docker save`` writes, or an OCI layout; as a tar or as a directory."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from doctor.artifact import tar
from doctor.errors import BadInput, Unreadable
from doctor.formats.stream import Stream
from doctor.image.assembling import assembled
from doctor.image.source import ATTESTATION, LayerRef, Manifest, described, layers_of, preference
from doctor.image.value import Image

_LARGEST_JSON = 16 << 20


class _Window:
    """A part of a file as a file of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def __enter__(self) -> _Window:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seekable(self) -> bool:
        return True

    def read(self, count: int = -1) -> bytes:
        left = self._size - self._at
        count = left if count < 0 else min(count, left)
        self._file.seek(self._start + self._at)
        data = self._file.read(count)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset if whence == os.SEEK_SET else self._at + offset
        return self._at


class _Store:
    """The blobs of a saved image by name."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._path = Path(source)
        self._file: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}
        if self._path.is_file():
            self._file = self._path.open("rb")
            self._index(self._file, self._path.stat().st_size)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def __contains__(self, name: str) -> bool:
        name = self._links.get(name, name)
        return name in self._places if self._file else (self._path / name).is_file()

    def open(self, name: str) -> tuple[IO[bytes], int]:
        """Return a blob as a file, and its size; Unreadable where it is absent or climbs out."""
        name = self._links.get(name, name)
        if name not in self or ".." in name.split("/") or name.startswith("/"):
            raise Unreadable(f"{name} is not in it")
        if self._file is None:
            return (self._path / name).open("rb"), (self._path / name).stat().st_size
        start, size = self._places[name]
        window: Any = _Window(self._path.open("rb"), start, size)
        return window, size

    def size(self, name: str) -> int:
        """Return a blob's bytes, -1 where it isn't there."""
        name = self._links.get(name, name)
        if self._file:
            return self._places[name][1] if name in self._places else -1
        return (self._path / name).stat().st_size if (self._path / name).is_file() else -1

    def json(self, name: str) -> Any:
        file, size = self.open(name)
        if size > _LARGEST_JSON:
            raise Unreadable(f"{name} claims {size} bytes of JSON")
        try:
            return json.loads(file.read(size))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"{name} is no JSON: {error}") from None

    def _index(self, file: IO[bytes], size: int) -> None:
        stream = Stream(file.read, size, lambda count: void(file.seek(count, os.SEEK_CUR)))
        for header, _ in tar.entries(stream):
            name = header.name.removeprefix("./")
            if header.kind == "symlink":
                self._links[name] = os.path.normpath(f"{name}/../{header.target}")
            elif header.kind == "file":
                self._places[name] = (stream.offset, header.size)


def void(_value: object) -> None:
    """Take a value and return nothing."""


def is_image(source: str) -> bool:
    """Say whether a path is a saved image: a directory or an uncompressed tar with a manifest or an OCI index."""
    path = Path(source)
    try:
        if path.is_dir():
            return ((path / "index.json").is_file() and (path / "oci-layout").is_file()) or _docker_folder(path)
        with path.open("rb") as file:
            if not tar.is_tar(file.read(tar.BLOCK)):
                return False
        store = _Store(source)
        try:
            return "manifest.json" in store or ("index.json" in store and "oci-layout" in store)
        finally:
            store.close()
    except (OSError, Unreadable):
        return False


def _docker_folder(path: Path) -> bool:
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
        return isinstance(manifest, list) and "Layers" in manifest[0]
    except (OSError, ValueError, IndexError, TypeError):
        return False


class Saved:
    """
    A saved image as a source: see ``doctor/image/source.py``.

    Args:
        path: of the tar or folder.
        tag: which of several images in an OCI layout, by ``org.opencontainers.image.ref.name``.
        architecture: of the image that is taken where there is a choice.
    """

    def __init__(self, path: str, tag: str = "", architecture: str = "amd64") -> None:
        if not Path(path).exists():
            raise BadInput(f"--image {path}: no such file or directory; save it with `docker save -o image.tar {path}`")
        self.name = f"{path}:{tag}" if tag else path
        self._tag = tag
        self._wanted = partial(preference, architecture=architecture)
        try:
            self._store = _Store(path)
        except OSError as error:
            raise BadInput(f"--image {path}: {error.strerror or error}") from None
        except Unreadable as error:
            raise BadInput(f"--image {path}: not a whole saved image: {error}") from None

    def manifest(self) -> Manifest:
        """Return the image's configuration and layers."""
        store = self._store
        config_name, layers, media_type = _docker(store) if self._is_docker() else _oci(store, self._wanted, self._tag)
        config = store.json(config_name)
        if not isinstance(config, dict):
            raise Unreadable(f"{config_name} is no image configuration")
        found = _Indexed(store, self._wanted)
        contents = layers_of(config)
        contents = contents if len(contents) == len(layers) else [""] * len(layers)
        refs = (layer._replace(content=content) for layer, content in zip(layers, contents, strict=True))
        return Manifest(config, tuple(refs), media_type, _names(store), tuple(found.media_types), found.attested)

    def _is_docker(self) -> bool:
        """Say whether docker's own manifest says what the image is: not where a tag or a processor is to be chosen."""
        chosen = self._tag or self._wanted.keywords["architecture"] != "amd64"
        return "manifest.json" in self._store and not (chosen and "index.json" in self._store)

    def has(self, layer: LayerRef) -> bool:
        """Say whether a layer was saved with it."""
        return layer.name in self._store

    def open(self, layer: LayerRef) -> IO[bytes]:
        """Return a layer's bytes as stored, from the beginning."""
        return self._store.open(layer.name)[0]

    def close(self) -> None:
        """Close the archive."""
        self._store.close()


def read(source: str) -> Image:
    """
    Read a saved image: its configuration and the index of its files.

    Raises BadInput where there is no such file, where it is no saved image, or where a part is missing or damaged.
    """
    return assembled(Saved(source))


class _Indexed:
    """What an OCI index says on the way to the image: media types from the outside in, and attestations."""

    def __init__(self, store: _Store, wanted: Callable[[dict[str, Any]], int]) -> None:
        self._wanted = wanted
        self.media_types: list[str] = []
        self.attested = False
        if "index.json" in store:
            with suppress(Unreadable):  # what it names may not be saved with it: the image is whole without
                self._follow(store, store.json("index.json"), 0)

    def _follow(self, store: _Store, index: Any, depth: int) -> None:
        entries = index.get("manifests") if isinstance(index, dict) else None
        rated = [e for e in entries if isinstance(e, dict) and "digest" in e] if isinstance(entries, list) else []
        self.attested |= any(self._wanted(e) == ATTESTATION for e in rated)
        if not rated or depth > 4:
            return
        first = min(rated, key=self._wanted)
        value = store.json(_blob(str(first["digest"])))
        said = value.get("mediaType") if isinstance(value, dict) else ""
        self.media_types.append(str(said or first.get("mediaType") or ""))
        self._follow(store, value, depth + 1)


def _names(store: _Store) -> tuple[str, ...]:
    """The references under which an image was saved: docker's RepoTags."""
    if "manifest.json" not in store:
        return ()
    said = store.json("manifest.json")[0].get("RepoTags")
    return tuple(str(n) for n in said) if isinstance(said, list) else ()


def _docker(store: _Store) -> tuple[str, list[LayerRef], str]:
    manifest = store.json("manifest.json")
    try:
        first = manifest[0]
        return str(first["Config"]), [_stored(store, str(n)) for n in first["Layers"]], ""
    except (KeyError, IndexError, TypeError):
        raise Unreadable("manifest.json is not what docker save writes") from None


def _stored(store: _Store, name: str) -> LayerRef:
    """Return a layer that docker save names by its file; newer ones name the file by its digest."""
    found = re.fullmatch(r"blobs/(\w+)/(\w+)", name)
    return LayerRef(f"{found[1]}:{found[2]}" if found else "", store.size(name), "", name)


def _oci(store: _Store, wanted: Callable[[dict[str, Any]], int], tag: str = "") -> tuple[str, list[LayerRef], str]:
    if "index.json" not in store:
        raise Unreadable("it has neither manifest.json nor index.json")
    index = store.json("index.json")
    manifest = _manifest(store, _tagged(index, tag) if tag else index, wanted)
    try:
        layers = [described(layer, _blob(layer["digest"])) for layer in manifest["layers"]]
        return _blob(manifest["config"]["digest"]), layers, str(manifest.get("mediaType") or "")
    except (KeyError, TypeError):
        raise Unreadable("its manifest names no configuration or layers") from None


def _tagged(index: Any, tag: str) -> dict[str, Any]:
    """Return an index of only those manifests that have a tag."""
    entries = index.get("manifests") if isinstance(index, dict) else None
    named = [(_tag_of(e), e) for e in entries or () if isinstance(e, dict)]
    chosen = [e for name, e in named if name == tag or name.endswith(f":{tag}")]
    if not chosen:
        there = ", ".join(sorted({name for name, _ in named if name})) or "no tags"
        raise Unreadable(f"it holds no image tagged {tag} ({there})")
    return {"manifests": chosen}


def _tag_of(entry: dict[str, Any]) -> str:
    said = entry.get("annotations")
    return str(said.get("org.opencontainers.image.ref.name") or "") if isinstance(said, dict) else ""


def _manifest(store: _Store, index: Any, wanted: Callable[[dict[str, Any]], int], depth: int = 0) -> dict[str, Any]:
    """Follow an index to one manifest: the one that is wanted most, never an attestation."""
    entries = index.get("manifests") if isinstance(index, dict) else None
    if not isinstance(entries, list) or depth > 4:
        raise Unreadable("index.json names no manifest")
    rated = sorted((e for e in entries if isinstance(e, dict) and "digest" in e), key=wanted)
    for entry in rated:
        value = store.json(_blob(str(entry["digest"])))
        if isinstance(value, dict) and "manifests" in value:
            return _manifest(store, value, wanted, depth + 1)
        if isinstance(value, dict) and "layers" in value:
            return value
    raise Unreadable("index.json names no image")


def _blob(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"
