"""
An image that a local container engine holds: found by its reference, and read without being written anywhere.

What was read of it before is taken from where layers are kept. Else its own Python says what files it has, in a
locked-down container (``doctor/image/container.py``); where that can't be had, its layers are read while the engine
saves it. Both say the same, and the first is some six times faster: it reads no file that isn't wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from doctor.errors import Unreadable
from doctor.formats.stream import Stream
from doctor.image import cache, daemon, passing
from doctor.image.assembling import composed, named_in
from doctor.image.daemon import NoEngine
from doctor.image.layer import LayerIndex
from doctor.image.merging import Merged
from doctor.image.refusing import Refused
from doctor.image.source import LayerRef, Manifest
from doctor.image.value import Image, Layer

_STREAM_SECONDS = 900  # engines before 25 write a whole image to their own disk before its first byte comes

__all__ = ["Engine", "NoEngine", "find", "read"]


class Engine:
    """
    An image in an engine.

    Args:
        reference: as the user named it.
        place: the engine's address.
        client: of the engine (``docker.APIClient``).
        said: what the engine says of the image (``GET /images/{name}/json``).

    ``how`` says, for debugging, in which way the image was read, and why not in a quicker one.
    """

    def __init__(self, reference: str, place: str, client: Any, said: Mapping[str, Any]) -> None:
        self.reference = reference
        self.place = place
        self.client = client
        self.said = said
        self.how: list[str] = []

    @property
    def id(self) -> str:
        """The image's identifier: a digest."""
        return str(self.said["Id"])


def find(reference: str) -> Engine | None:
    """
    Look an image up in the local engine; None where it doesn't have it.

    Raises:
        NoEngine: there is no engine, or it may not be used, and nobody named one.
        BadInput: the engine that is named can't be reached, or doesn't answer as one.
    """
    place, options = daemon.place()
    if not options and place == f"unix://{daemon.SOCKET}" and daemon.is_absent():
        raise NoEngine(f"--image {reference}: no container engine here: there is no {daemon.SOCKET}; start Docker")
    with daemon.answering(reference, place):
        client = daemon.client(place, options)
        name = quote(reference, safe="/:@")
        response = daemon.get(client, f"/images/{name}/json", daemon.ANSWER_SECONDS, manifests="1")
        if response.status_code in {400, 404}:  # 400: a reference that engines don't take
            client.close()
            return None
        daemon.raise_for(response)
        return Engine(reference, place, client, _inspected(response))


def read(engine: Engine, *, probe: bool = True) -> Image:
    """
    Read an image.

    Args:
        engine: as `find` returns it; it is let go.
        probe: whether the image's own Python may be asked.

    Raises BadInput, in one line, where the engine stops or what it gives is not the image.
    """
    try:
        with daemon.answering(engine.reference, engine.place):
            return _image(engine, probe=probe)
    finally:
        engine.client.close()


def _image(engine: Engine, *, probe: bool) -> Image:
    manifest = described(engine)
    contents, named = [ref.content for ref in manifest.layers], named_in(manifest.config)
    known = {content: kept for content in contents if (kept := cache.load(content, named)) is not None}
    missing = set(contents) - set(known)
    seen = _seen(engine, named) if missing and probe else None
    if seen is not None:
        stored, full = _sizes(engine, len(contents))
        return _composed(engine, manifest, [seen], stored, full)
    if missing:
        known.update(_saved(engine, missing, named))
    indexes, sizes = zip(*(known[content] for content in contents), strict=True) if contents else ((), ())
    return _composed(engine, manifest, indexes, sizes, [index.full for index in indexes])


def _composed(
    engine: Engine, manifest: Manifest, indexes: Iterable[LayerIndex], stored: Iterable[int], full: Iterable[int]
) -> Image:
    merged = Merged()
    for index in indexes:
        merged.apply(index)
    sizes = zip(manifest.layers, stored, full, strict=True)
    layers = [Layer(ref.content, of_tar, of_files) for ref, of_tar, of_files in sizes]
    return composed(engine.reference, manifest, tuple(layers), merged)


def _seen(engine: Engine, named: frozenset[str]) -> LayerIndex | None:
    """What a probe says of all files together; None where it can't be had."""
    key = f"probed:{engine.id.rpartition(':')[2]}"
    if (kept := cache.load(key, named)) is not None:
        return kept[0]
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    from doctor.image import probed

    try:
        seen = probed.index(engine.client, engine.said, named)
    except (Refused, DockerException, RequestException, OSError) as error:
        engine.how.append(f"not probed: {error}")
        return None
    engine.how.append("probed")
    cache.save(key, named, seen, int(engine.said.get("Size") or 0))
    return seen


def _sizes(engine: Engine, count: int) -> tuple[list[int], list[int]]:
    """Bytes of each layer as stored and of its files, by the history; where that doesn't tell, by the last, and -1."""
    rows = daemon.get(engine.client, f"/images/{engine.id}/history", daemon.ANSWER_SECONDS).json()
    sizes = [row.get("Size") for row in reversed(rows) if isinstance(row, dict)] if isinstance(rows, list) else []
    found = [size for size in sizes if isinstance(size, int) and size > 0]
    if len(found) == count:
        return found, found
    return [0] * (count - 1) + [int(engine.said.get("Size") or 0)], [-1] * count


def _saved(engine: Engine, missing: set[str], named: frozenset[str]) -> dict[str, tuple[LayerIndex, int]]:
    """Read and keep the layers that are missing."""
    engine.how.append("saved")
    found = {}
    with _archive(engine) as stream:
        for content, index_and_size in passing.layers(stream, missing, named):
            cache.save(content, named, *index_and_size)
            found[content] = index_and_size
    if absent := missing - set(found):
        raise Unreadable(f"layer {min(absent)} is not in what it saves; docker pull {engine.reference} again")
    return found


def described(engine: Engine) -> Manifest:
    """Return what the engine says of an image as a source's manifest, the configuration in the image's own form."""
    said = engine.said
    listed, configured = said["RootFS"].get("Layers"), said.get("Config")
    contents = [str(content) for content in listed] if isinstance(listed, list) else []
    config = {
        "architecture": said.get("Architecture"),
        "os": said.get("Os"),
        "config": configured if isinstance(configured, dict) else {},
        "rootfs": {"type": "layers", "diff_ids": contents},
    }
    top, attested = _stored(said)
    index = (top,) if "index" in top or "manifest.list" in top else ()
    layers = tuple(LayerRef("", -1, content, content) for content in contents)
    return Manifest(config, layers, "" if index else top, _names(engine), index, attested)


def _stored(said: Mapping[str, Any]) -> tuple[str, bool]:
    """
    The media type under which the engine keeps an image, and whether an attestation is kept beside it.

    Only engines that keep images as they are in registries say so (containerd's store); "" for the others.
    """
    descriptor, manifests = said.get("Descriptor"), said.get("Manifests")
    top = str(descriptor.get("mediaType") or "") if isinstance(descriptor, dict) else ""
    rows = manifests if isinstance(manifests, list) else []
    return top, any(isinstance(row, dict) and row.get("Kind") == "attestation" for row in rows)


def _names(engine: Engine) -> tuple[str, ...]:
    """The tag under which an image was asked for, as the engine writes it; as `docker save` names it."""
    tags, asked = [str(t) for t in engine.said.get("RepoTags") or ()], engine.reference
    short = asked.removeprefix("docker.io/").removeprefix("library/")
    found = next((t for t in (asked, short, f"{short}:latest") if t in tags), None)
    return (found,) if found else ()


def _inspected(response: Any) -> Mapping[str, Any]:
    try:
        said = response.json()
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("RootFS"), dict) or "Id" not in said:
        raise Unreadable("its answer is no description of an image")
    return said


@contextmanager
def _archive(engine: Engine) -> Iterator[Stream]:
    """The archive of an image as the engine sends it."""
    response = daemon.get(engine.client, f"/images/{engine.id}/get", _STREAM_SECONDS)
    try:
        daemon.raise_for(response)
        yield Stream(passing.pulled(response.iter_content(1 << 20)), None)
    finally:
        response.close()
