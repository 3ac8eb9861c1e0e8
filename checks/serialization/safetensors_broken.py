"""Check: a safetensors file's header doesn't fit its data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_read
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models

# How the library begins what it says; the reader words its reasons likewise.
_REFUSED = (
    "incomplete metadata",
    "invalid offset",
    "invalid shape",
    "invalid JSON",
    "invalid UTF-8",
    "invalid header",
    "header too",
)


@check(
    title="A safetensors file's header doesn't fit its data",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/safetensors#format",
    symptoms=(
        r"Error while deserializing header: (incomplete metadata|invalid offset|invalid shape|invalid JSON|header too)",
        r"Error while deserializing header: (MetadataIncompleteBuffer|InvalidOffset|InvalidHeader|HeaderTooLarge)",
    ),
)
def safetensors_broken(models: Models, artifact: Artifact) -> Iterator[Finding]:
    """
    A safetensors file begins with a table of its tensors and their places, which must fill the file to the byte.

    The library checks the table when it opens the file and refuses one that leaves gaps, overlaps, or names more or
    less than is there. Such a file was cut short, appended to, or written by hand: save it again with
    ``safetensors.torch.save_file``.
    """
    for broken in models.broken.values():
        if broken.format == "safetensors" and broken.reason.startswith(_REFUSED) and is_read(artifact, broken.path):
            words = broken.reason.split(": ")[0]
            yield Finding(
                message=f"{broken.path} can't be opened: {broken.reason}",
                evidence=(Evidence(f"artifact:{broken.path}", broken.reason),),
                fix="copy the file again and compare sha256sum with the original, or save it again with save_file",
                log=f"safetensors._safetensors_rust.SafetensorError: Error while deserializing header: {words}",
                cause=f"artifact:{broken.path}",
            )
