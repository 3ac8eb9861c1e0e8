"""
An image that a local container engine holds: found by its reference, and read without being written anywhere.

The engine is the one that Docker's own command line would talk to: DOCKER_HOST, else the context that DOCKER_CONTEXT or
Docker's configuration names, else the socket at its usual place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from doctor.errors import BadInput, Unreadable
from doctor.formats.stream import Stream
from doctor.image import cache, passing
from doctor.image.assembling import laid, named_in
from doctor.image.source import LayerRef, Manifest
from doctor.image.value import Image

_SOCKET = "/var/run/docker.sock"
_ANSWER_SECONDS = 30  # an engine answers at once, or it hangs
_STREAM_SECONDS = 900  # engines before 25 write a whole image to their own disk before its first byte comes


class NoEngine(BadInput):
    """There is no engine that could be asked, and none was named. The text says where it was looked for."""


class Engine(NamedTuple):
    """
    An image in an engine.

    Args:
        reference: as the user named it.
        place: the engine's address.
        client: of the engine (``docker.APIClient``).
        said: what the engine says of the image (``GET /images/{name}/json``).
    """

    reference: str
    place: str
    client: Any
    said: Mapping[str, Any]

    def get(self, path: str, seconds: float, **more: Any) -> Any:
        """Ask the engine; the answer's body is still to come."""
        return _get(self.client, path, seconds, **more)


def find(reference: str) -> Engine | None:
    """
    Look an image up in the local engine; None where it doesn't have it.

    Raises:
        NoEngine: there is no engine, or it may not be used, and nobody named one.
        BadInput: the engine that is named can't be reached, or doesn't answer as one.
    """
    place, options = _place()
    if place == f"unix://{_SOCKET}" and not options and not Path(_SOCKET).exists():
        raise NoEngine(f"--image {reference}: no container engine here: there is no {_SOCKET}; start Docker")
    with _answering(reference, place):
        client = _client(place, options)
        response = _get(client, f"/images/{quote(reference, safe='/:@')}/json", _ANSWER_SECONDS, manifests="1")
        if response.status_code in {400, 404}:  # 400: a reference that engines don't take
            client.close()
            return None
        _raise_for(response)
        return Engine(reference, place, client, _inspected(response.json()))


def read(engine: Engine) -> Image:
    """
    Read an image: from the layers that are kept of it, else as the engine saves it.

    Raises BadInput, in one line, where the engine stops or what it gives is not the image.
    """
    try:
        with _answering(engine.reference, engine.place):
            return _image(engine)
    except Unreadable as error:
        raise BadInput(
            f"--image {engine.reference}: {engine.place} doesn't give it whole: {error}; try again"
        ) from None
    finally:
        engine.client.close()


def _image(engine: Engine) -> Image:
    manifest = described(engine)
    contents, named = [ref.content for ref in manifest.layers], named_in(manifest.config)
    known = {content: kept for content in contents if (kept := cache.load(content, named)) is not None}
    missing = set(contents) - set(known)
    if missing:
        with _saved(engine) as stream:
            for content, read_ in passing.layers(stream, missing, named):
                cache.save(content, named, *read_)
                known[content] = read_
    absent = next((content for content in contents if content not in known), None)
    if absent is not None:
        raise Unreadable(f"layer {absent} is not in what it saves")
    return laid(engine.reference, manifest, (known[content] for content in contents))


def described(engine: Engine) -> Manifest:
    """Return what the engine says of an image as a source's manifest, the configuration in the image's own form."""
    said = engine.said
    contents = [str(c) for c in said["RootFS"].get("Layers") or ()]
    config = {
        "architecture": said.get("Architecture"),
        "os": said.get("Os"),
        "config": said.get("Config") or {},
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


def _inspected(said: Any) -> Mapping[str, Any]:
    if not isinstance(said, dict) or not isinstance(said.get("RootFS"), dict) or "Id" not in said:
        raise Unreadable("its answer is no description of an image")
    return said


@contextmanager
def _saved(engine: Engine) -> Iterator[Stream]:
    """The archive of an image as the engine sends it."""
    response = engine.get(f"/images/{quote(str(engine.said['Id']))}/get", _STREAM_SECONDS)
    try:
        _raise_for(response)
        yield Stream(passing.pulled(response.iter_content(1 << 20)), None)
    finally:
        response.close()


def _place() -> tuple[str, dict[str, Any]]:
    """The address of the engine, and how its client is made; no option where it is the usual socket."""
    if os.environ.get("DOCKER_HOST"):
        from docker.utils import kwargs_from_env

        return os.environ["DOCKER_HOST"], dict(kwargs_from_env())
    name = os.environ.get("DOCKER_CONTEXT") or _current()
    if name == "default":
        return f"unix://{_SOCKET}", {}
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_context(name)
    except Exception as error:  # noqa: BLE001 - the library raises bare ones for a damaged file
        raise BadInput(f"Docker's context {name} can't be read: {error}; docker context ls") from None
    if context is None or not context.Host:
        raise BadInput(f"there is no Docker context {name}; docker context ls shows those that there are")
    return context.Host, {"base_url": context.Host, "tls": context.TLSConfig or False}


def _current() -> str:
    """The context that Docker's configuration names. Read here, for the library takes long to import."""
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        said = json.loads((Path(folder) / "config.json").read_bytes())
        return str(said.get("currentContext") or "default")
    except (OSError, ValueError, AttributeError):
        return "default"


def _client(place: str, options: Mapping[str, Any]) -> Any:
    import docker

    return docker.APIClient(**{"base_url": place, **options}, version="auto", timeout=_ANSWER_SECONDS)


def _get(client: Any, path: str, seconds: float, **more: Any) -> Any:
    """Ask by the library's session itself: its own methods for streams wait for ever."""
    address = f"{client.base_url}/v{client.api_version}{path}"
    return client.get(address, params=more, stream=True, timeout=(_ANSWER_SECONDS, seconds))


def _raise_for(response: Any) -> None:
    if response.status_code < 400:
        return
    try:
        message = str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = f"status {response.status_code}"
    raise Unreadable(" ".join(message.split())[:300])


@contextmanager
def _answering(reference: str, place: str) -> Iterator[None]:
    """Tell what the client's libraries raise in one line: what, where, what to do."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (DockerException, RequestException, HTTPError) as error:
        raise _unreachable(reference, place, error) from None
    except Unreadable as error:
        raise BadInput(f"--image {reference}: {place}: {error}") from None


def _unreachable(reference: str, place: str, error: BaseException) -> BadInput:
    cause = _cause(error)
    named = bool(os.environ.get("DOCKER_HOST")) or place != f"unix://{_SOCKET}"
    kind = BadInput if named else NoEngine
    if isinstance(cause, PermissionError):
        return kind(f"--image {reference}: no permission on {place}; add your user to the group docker, or use sudo")
    if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
        return kind(f"--image {reference}: no container engine at {place} ({cause.strerror}); start it")
    told = " ".join(str(cause or error).split())[:200]
    return BadInput(f"--image {reference}: the container engine at {place} stopped answering: {told}; try again")


def _cause(error: BaseException) -> OSError | None:
    """The operating system's error under those of the libraries, which wrap each other as cause or as argument."""
    waiting: list[Any] = [error]
    for _ in range(32):
        if not waiting:
            break
        one = waiting.pop(0)
        if isinstance(one, OSError) and one.errno:
            return one
        if isinstance(one, BaseException):
            waiting += [one.__cause__, one.__context__, *one.args]
    return None
