"""Check: the archive holds a device node or a named pipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive holds a device or a named pipe",
    fault="unsafe-archive",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.python.org/3/library/tarfile.html#tarfile.data_filter",
    symptoms=(r"SpecialFileError", r"tar: .*: Cannot mknod: Operation not permitted"),
)
def archive_has_devices(artifact: Artifact) -> Iterator[Finding]:
    """
    A device node or a named pipe is no part of a model, and unpackers refuse it.

    They get in when a running container's folder is packed whole, with its pipes and sockets. A server that opens a
    pipe waits forever.
    """
    nodes = [m.path for m in artifact.members.values() if m.kind == "device"]
    if nodes:
        yield Finding(
            message=f"{nodes[0]} is a device node or a named pipe, which unpacking a model refuses to make",
            evidence=tuple(Evidence(f"artifact:{path}", "a device node or a named pipe") for path in nodes[:5]),
            fix=f"tar -C model -czf model.tar.gz --exclude={nodes[0]!r} .",
            likelihood=Likelihood.LIKELY,
            log=f"tarfile.SpecialFileError: {nodes[0]!r} is a special file",
        )
