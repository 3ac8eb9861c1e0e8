"""Check: a Git LFS pointer is packed in place of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_read, loader_error
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The weights are a Git LFS pointer",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/k2-fsa/sherpa/issues/63",
    symptoms=(
        r"Unsupported operand 118",
        r"invalid load key, 'v'",
        r"KeyError: 118",
        r"header too large|HeaderTooLarge",
        r"failed finding central directory",
    ),
)
def weights_are_lfs_pointer(artifact: Artifact) -> Iterator[Finding]:
    """
    Three lines of text are packed where the model should be.

    A repository that was cloned without Git LFS holds pointers in place of its large files, and so does one whose LFS
    quota is used up. Each loader says something else about it, mostly that the file is corrupt. A pointer beside a
    good file that takes its place isn't read, and nothing is said of it.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "lfs-pointer" and trouble.path and is_read(artifact, trouble.path):
            size = artifact.members[trouble.path].size
            yield Finding(
                message=f"{trouble.path} is a Git LFS pointer of {size} bytes, not the model",
                evidence=(Evidence(f"artifact:{trouble.path}", f"begins with {trouble.saw!r}"),),
                fix=f"git lfs pull --include '*{trouble.path.rsplit('/', 1)[-1]}'  # then pack again",
                log=loader_error(trouble.path, "lfs-pointer"),
                cause=f"artifact:{trouble.path}",
            )
