"""Check: a file of weights holds no byte."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_read, loader_error
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="A file of weights is empty",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickle.html#pickle.Unpickler.load",
    symptoms=(r"EOFError: Ran out of input", r"header too small|HeaderTooSmall", r"not a ZIP archive"),
)
def weights_empty(artifact: Artifact) -> Iterator[Finding]:
    """
    The file is there and has 0 bytes.

    A full disk, a process that was killed while it saved, or a file that was opened for writing and never closed leave
    an empty file. An empty file beside a good one that takes its place isn't read, and nothing is said of it.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "empty-file" and trouble.path and is_read(artifact, trouble.path):
            yield Finding(
                message=f"{trouble.path} is empty: 0 bytes",
                evidence=(Evidence(f"artifact:{trouble.path}", "0 bytes"),),
                fix="save the model again, close the file before packing, and look with ls -l",
                log=loader_error(trouble.path, "empty-file"),
                cause=f"artifact:{trouble.path}",
            )
