"""Files of settings that are packed with a model: serving.properties, config.properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.errors import Unreadable

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


def texts(artifact: Artifact, *endings: str) -> Iterator[str | None]:
    """Yield the text of the files whose paths end so, None for one that can't be read and may say anything."""
    return (_text(artifact, member.path) for member in artifact.named(*endings))


def _text(artifact: Artifact, path: str) -> str | None:
    try:
        return artifact.text(path)
    except Unreadable:
        return None
