"""Check: a path is in the archive more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="A file is in the archive more than once",
    fault="artifact-layout",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://www.gnu.org/software/tar/manual/html_node/append.html",
)
def duplicate_members(artifact: Artifact) -> Iterator[Finding]:
    """
    The last entry of a path is the one that is unpacked.

    ``tar -r`` appends a new version of a file and leaves the old one in the archive. All tools unpack the last, so the
    server has the newer file; the older one costs space and time.
    """
    paths = list(dict.fromkeys(t.path for t in artifact.troubles if t.kind == "duplicate"))
    if paths:
        yield Finding(
            message=f"{paths[0]} is in the archive more than once; the last one is what the server gets",
            evidence=tuple(Evidence(f"artifact:{path}", "more than one entry") for path in paths[:5]),
            fix="tar -C model -czf model.tar.gz .",
        )
