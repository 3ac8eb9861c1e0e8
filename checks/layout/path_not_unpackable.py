"""Check: an entry's name can't be made on the server's disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact

LONGEST_NAME = 255  # bytes, on ext4, xfs and overlayfs


@check(
    title="An entry's name can't be made on disk",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html",
    symptoms=(r"File name too long", r"Cannot open: File exists", r"Cannot open: Not a directory"),
)
def path_not_unpackable(artifact: Artifact) -> Iterator[Finding]:
    """
    A name of more than 255 bytes, or one that is a file and a folder at once, stops the unpacking.

    Experiment trackers put parameters into file names; in UTF-8 a letter takes up to four bytes.
    """
    for path in artifact.members:
        name = path.rsplit("/", 1)[-1]
        length = len(name.encode("utf-8", "surrogateescape"))
        if length > LONGEST_NAME:
            yield Finding(
                message=f"the name {name[:40]}... has {length} bytes, and a disk takes {LONGEST_NAME}",
                evidence=(Evidence(f"artifact:{path}", f"{length} bytes"),),
                fix="rename it before packing",
                log=f"tar: {name[:40]}...: Cannot open: File name too long",
            )
            return
    yield from _both(artifact)


def _both(artifact: Artifact) -> Iterator[Finding]:
    """Find a path that is a file and has entries below it."""
    for path in artifact.members:
        parent = path.rpartition("/")[0]
        above = artifact.members.get(parent)
        if above is not None and above.kind == "file":
            yield Finding(
                message=f"{parent} is a file, and {path} wants it to be a folder",
                evidence=(Evidence(f"artifact:{parent}", "a file"), Evidence(f"artifact:{path}", "an entry below it")),
                fix="rename one of them before packing",
                log=f"tar: {path}: Cannot open: Not a directory",
            )
            return
