"""What an image is read from: a saved file or folder, an engine, a registry; each gives a manifest and its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, NamedTuple, Protocol

ATTESTATION = 3


class LayerRef(NamedTuple):
    """
    A layer as a manifest names it.

    Args:
        digest: of its bytes as stored, "" where the source keeps none.
        size: bytes as stored, -1 where nobody says.
        content: digest of its uncompressed tar, as the configuration's ``rootfs.diff_ids`` say; "" where they don't.
        name: where the source keeps it, and what a message calls it.
        media_type: "" where the source has none.
        foreign: whether its bytes need not be in the source (nondistributable layers).
    """

    digest: str
    size: int
    content: str
    name: str
    media_type: str = ""
    foreign: bool = False


class Manifest(NamedTuple):
    """
    An image as its source describes it, before any layer is read.

    Args:
        config: the image's configuration.
        layers: in the order in which they are applied.
        media_type: of the manifest, "" where the source has none.
        names: the references under which it was saved.
        manifests: media types from the index to the manifest; empty without an index.
        attested: whether that index names an attestation beside the image.
    """

    config: Mapping[str, Any]
    layers: tuple[LayerRef, ...]
    media_type: str = ""
    names: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    attested: bool = False


class Source(Protocol):
    """
    Where an image is kept.

    ``name`` is as the user gave it. Methods raise Unreadable where what is kept is damaged, and BadInput, in one line,
    where the source can't be reached or doesn't have it.
    """

    name: str

    def manifest(self) -> Manifest:
        """Return the image's configuration and layers."""
        ...

    def has(self, layer: LayerRef) -> bool:
        """Say whether the bytes of a layer are there at all."""
        ...

    def open(self, layer: LayerRef) -> IO[bytes]:
        """Return a layer's bytes as stored; seekable where the source can, each call a file of its own."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def layers_of(config: Mapping[str, Any]) -> list[str]:
    """Return the digests of the uncompressed layers that a configuration lists."""
    rootfs = config.get("rootfs")
    said = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [str(d) for d in said] if isinstance(said, list) else []


def described(row: Mapping[str, Any], name: str) -> LayerRef:
    """Return a layer as an OCI or Docker manifest describes it (OCI image-spec, "descriptor.md")."""
    media_type, size = str(row.get("mediaType") or ""), row.get("size")
    foreign = "foreign" in media_type or "nondistributable" in media_type
    return LayerRef(str(row["digest"]), size if isinstance(size, int) else -1, "", name, media_type, foreign)


def preference(entry: Mapping[str, Any], architecture: str = "amd64") -> int:
    """Return how little a manifest of an index is wanted: least linux on a processor, ATTESTATION for no image."""
    platform = entry.get("platform")
    if not isinstance(platform, dict):
        return 1
    if platform.get("os") == "unknown":
        return ATTESTATION
    return 0 if platform.get("architecture") == architecture and platform.get("os", "linux") == "linux" else 2
