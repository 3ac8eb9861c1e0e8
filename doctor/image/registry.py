"""An image in a registry, read without an engine by the distribution API (opencontainers/distribution-spec)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from doctor.errors import BadInput
from doctor.image.registry_names import is_digest, is_reference, parsed
from doctor.image.source import ATTESTATION, LayerRef, Manifest, described, layers_of, preference

if TYPE_CHECKING:
    from requests import Response

    from doctor.image.registry_http import Connection

__all__ = ["Registry", "is_reference"]

_LARGEST_JSON = 16 << 20
_LARGEST_IMAGE = 256 << 30  # bytes as stored; no public registry takes a larger layer
_MOST_LAYERS = 5000
_DEEPEST = 4
_TRIES = 3
_OCI, _DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
_INDEXES = (f"{_OCI}.index.v1+json", f"{_DOCKER}.list.v2+json")
_MANIFESTS = (f"{_OCI}.manifest.v1+json", f"{_DOCKER}.v2+json")


class Registry:
    """
    An image in a registry as a source: see ``doctor/image/source.py``.

    Args:
        reference: as the user gave it: ``python:3.11``, ``host:5000/name@sha256:…``.
        architecture: of the image that is taken where there is a choice.
    """

    def __init__(self, reference: str, architecture: str = "amd64") -> None:
        place = parsed(reference)
        if place is None:
            raise BadInput(f"--image {reference}: no reference to an image; give registry/repository:tag")
        self.name, self._place = reference, place
        self._wanted = partial(preference, architecture=architecture)
        self._connected: Connection | None = None

    def manifest(self) -> Manifest:
        """Return the image's configuration and layers; linux, on the wanted processor, where there is a choice."""
        value, media_types, attested = self._image()
        layers = [self._described(row) for row in _rows(value.get("layers"))]
        if len(layers) > _MOST_LAYERS or sum(layer.size for layer in layers) > _LARGEST_IMAGE:
            size = sum(layer.size for layer in layers)
            raise self._failure(f"its manifest lists {len(layers)} layers of {size} bytes, more than any image has")
        config = self._configuration(value.get("config"))
        contents = layers_of(config)
        contents = contents if len(contents) == len(layers) else [""] * len(layers)
        refs = (layer._replace(content=content) for layer, content in zip(layers, contents, strict=True))
        manifests = media_types if len(media_types) > 1 else ()
        return Manifest(config, tuple(refs), media_types[-1], manifests=manifests, attested=attested)

    def has(self, layer: LayerRef) -> bool:
        """Say whether the registry has a layer's bytes: foreign ones are often kept elsewhere."""
        response = self._connection.ask("HEAD", f"blobs/{layer.digest}")
        response.close()
        if response.status_code == 404:
            return False
        return response.is_redirect or bool(self._connection.checked(response, f"blob {layer.digest}"))

    def open(self, layer: LayerRef) -> IO[bytes]:
        """Return a layer's bytes as stored, as they come from the registry; not seekable."""
        from doctor.image.registry_blob import opened

        return opened(self._connection, layer.digest, layer.size)

    def close(self) -> None:
        """Let go of all connections."""
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    @property
    def _connection(self) -> Connection:
        if self._connected is None:
            from doctor.image.registry_http import Connection

            self._connected = Connection(self.name, self._place)
        return self._connected

    def _image(self) -> tuple[dict[str, Any], tuple[str, ...], bool]:
        """Return the image's manifest, the media types on the way to it and its own, and whether it is attested."""
        value, media_type = self._fetched(self._place.digest or self._place.tag)
        media_types, attested = [media_type], False
        while "manifests" in value:
            rows = [r for r in _rows(value["manifests"]) if is_digest(str(r.get("digest")))]
            images = [r for r in rows if self._wanted(r) != ATTESTATION]
            attested |= len(images) < len(rows)
            if not images or len(media_types) > _DEEPEST:
                raise self._failure("its index names no image; push it again")
            value, media_type = self._fetched(str(min(images, key=self._wanted)["digest"]))
            media_types.append(media_type)
        return value, tuple(media_types), attested

    def _fetched(self, name: str) -> tuple[dict[str, Any], str]:
        """Return what the registry has under a tag or digest, a manifest or an index, and its media type."""
        data, headers = self._bytes(name)
        value = self._parsed(data, f"manifest {name}")
        if value.get("schemaVersion") == 1:
            raise self._failure(
                "its manifest is of schema 1, which doctor doesn't read; push it with a newer docker, or give the file "
                "that docker save writes"
            )
        if ("manifests" in value) == ("layers" in value):
            raise self._failure(f"what the registry has as {name} is neither an image nor an index of images")
        for digest in {name, headers.get("Docker-Content-Digest", "")}:
            if is_digest(digest):
                self._verify(data, digest, "manifest")
        known = (*_INDEXES, *_MANIFESTS)
        told = str(headers.get("Content-Type", "")).partition(";")[0].strip()
        return value, next((t for t in (value.get("mediaType"), told) if t in known), "")

    def _bytes(self, name: str) -> tuple[bytes, Mapping[str, str]]:
        for left in reversed(range(_TRIES)):
            response = self._asked(name)
            try:
                data = self._connection.body(response, _LARGEST_JSON)
            except OSError as error:
                if not left:
                    raise self._failure(f"{self._place.host} breaks off its manifest: {error}; try again") from None
                continue
            if len(data) > _LARGEST_JSON:
                raise self._failure(
                    f"its manifest {name} is larger than {_LARGEST_JSON >> 20} MiB, which none should be"
                )
            return data, response.headers
        raise AssertionError  # the last try returns or raises

    def _asked(self, name: str) -> Response:
        what = f"{self._place.repository}{'@' if is_digest(name) else ':'}{name}"
        accept = {"Accept": ", ".join((*_INDEXES, *_MANIFESTS))}
        return self._connection.checked(self._connection.ask("GET", f"manifests/{name}", accept), what)

    def _configuration(self, row: Any) -> dict[str, Any]:
        """Return the image's configuration, its bytes held against their digest."""
        ref = self._described(row)
        if ref.size > _LARGEST_JSON:
            raise self._failure(f"its manifest claims a configuration of {ref.size} bytes")
        with self.open(ref) as file:
            data = file.read()
        self._verify(data, ref.digest, "configuration")
        config = self._parsed(data, "configuration")
        if "rootfs" not in config and "config" not in config and "architecture" not in config:
            kind = str(row.get("artifactType") or ref.media_type or "of no known type")
            raise self._failure(f"it is no container image: its configuration is {kind}")
        return config

    def _described(self, row: Any) -> LayerRef:
        digest = str(row.get("digest") or "") if isinstance(row, dict) else ""
        if not is_digest(digest):
            raise self._failure(f"its manifest names {digest!r:.80} for a digest")
        ref = described(row, digest)
        if not 0 <= ref.size <= _LARGEST_IMAGE:
            raise self._failure(f"its manifest gives {digest} no size that can be: {str(row.get('size'))[:40]}")
        return ref

    def _parsed(self, data: bytes, what: str) -> dict[str, Any]:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._failure(f"its {what} is no JSON object; is {self._place.host} a registry of images?")
        return value

    def _verify(self, data: bytes, digest: str, what: str) -> None:
        algorithm, _, expected = digest.partition(":")
        if hashlib.new(algorithm, data).hexdigest() != expected:
            raise self._failure(f"the bytes of its {what} don't have the digest {digest} under which it is named")

    def _failure(self, text: str) -> BadInput:
        return self._connection.failure(text)


def _rows(value: Any) -> list[dict[str, Any]]:
    """Return the descriptors of a list; what is none is left as an empty one, which is refused where it is used."""
    return [row if isinstance(row, dict) else {} for row in value] if isinstance(value, list) else []
