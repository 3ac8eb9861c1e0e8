"""Check: packed files that only their owner may read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact

READ_BY_OTHERS = 0o004
ENTER_BY_OTHERS = 0o001


@check(
    title="Packed files that only their owner may read",
    fault="permissions",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://github.com/mlflow/mlflow/pull/5610",
    symptoms=(r"PermissionError: \[Errno 13\] Permission denied: '/opt/ml/model/",),
)
def file_permissions(artifact: Artifact) -> Iterator[Finding]:
    """
    A file that others may not read serves only where the server runs as root.

    Temporary files are made with mode 0600, and tar keeps it. Real-time endpoints run containers as root, which reads
    everything; serverless endpoints and images with a USER of their own don't.
    """
    if artifact.container == "directory":
        return  # the modes of a folder here say nothing of an upload
    closed = [m for m in artifact.members.values() if m.kind in {"file", "directory"} and not _open(m.kind, m.mode)]
    if closed:
        first = closed[0]
        more = f" (and {len(closed) - 1} more)" if len(closed) > 1 else ""
        yield Finding(
            message=f"{first.path}{more} has mode {first.mode & 0o7777:04o}: only root and its owner may read it",
            evidence=tuple(Evidence(f"artifact:{m.path}", f"mode {m.mode & 0o7777:04o}") for m in closed[:5]),
            fix="chmod -R a+rX model && tar -C model -czf model.tar.gz .",
            log=f"PermissionError: [Errno 13] Permission denied: '/opt/ml/model/{first.path}'",
        )


def _open(kind: str, mode: int) -> bool:
    wanted = READ_BY_OTHERS | (ENTER_BY_OTHERS if kind == "directory" else 0)
    return mode & wanted == wanted
