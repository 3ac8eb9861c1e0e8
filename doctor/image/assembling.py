"""An image from its source: each layer read, or taken from the cache, and laid over the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor.errors import BadInput, Unreadable
from doctor.image import cache, verified
from doctor.image.covered import covered
from doctor.image.layer import LayerIndex
from doctor.image.merging import Merged
from doctor.image.source import LayerRef, Manifest, Source
from doctor.image.value import Image, Layer


def assembled(source: Source) -> Image:
    """
    Return the image of a source, and close the source.

    Raises BadInput, in one line, where the source can't give it whole.
    """
    try:
        return _image(source, source.manifest())
    except OSError as error:
        raise BadInput(f"--image {source.name}: {error.strerror or error}") from None
    except Unreadable as error:
        raise BadInput(f"--image {source.name}: not a whole image: {error}") from None
    finally:
        source.close()


def _image(source: Source, manifest: Manifest) -> Image:
    named = named_in(manifest.config)
    merged, layers = Merged(), []
    for ref in manifest.layers:
        index, size = _layer(source, ref, named)
        merged.apply(index)
        layers.append(Layer(ref.content or ref.digest or ref.name, ref.size if ref.size >= 0 else size, index.full))
    return composed(source.name, manifest, tuple(layers), merged)


def composed(name: str, manifest: Manifest, layers: tuple[Layer, ...], merged: Merged) -> Image:
    """
    Return the image of layers that were laid over one another, as its containers see it.

    What engines put something of their own in place of is left out.

    Args:
        name: of its source, as the user gave it.
        manifest: what its source says of it.
        layers: with their sizes, in the order in which they were applied.
        merged: what they hold together.
    """
    for path in [path for path in merged.files if covered(path)]:
        del merged.files[path]
        merged.kept.pop(path, None)
        merged.libraries.pop(path, None)
    return Image(
        name,
        manifest.config,
        layers,
        merged.files,
        merged.kept,
        manifest.media_type,
        libraries=merged.libraries,
        names=manifest.names,
        manifests=manifest.manifests,
        attested=manifest.attested,
    )


def _layer(source: Source, ref: LayerRef, named: frozenset[str]) -> tuple[LayerIndex, int]:
    known = cache.load(ref.content, named) if ref.content else None
    if known is not None:
        return known
    if ref.foreign and not source.has(ref):
        raise Unreadable(f"layer {ref.name} is a foreign one, whose bytes are not kept with the image")
    try:
        index, size = verified.read(lambda: source.open(ref), ref, named)
    except Unreadable as error:
        raise Unreadable(f"layer {ref.name}: {error}") from None
    if ref.content:
        cache.save(ref.content, named, index, size)
    return index, size


def named_in(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the last parts of the words of the ENTRYPOINT: among them may be a script's name."""
    said = config.get("config")
    words = said.get("Entrypoint") if isinstance(said, dict) else None
    return frozenset(str(w).rpartition("/")[2] for w in words) if isinstance(words, list) else frozenset()
