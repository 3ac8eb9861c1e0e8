"""Check: the archive ends before its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive is cut short",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://github.com/pytorch/serve/issues/2099",
    symptoms=(r"gzip: stdin: unexpected end of file", r"Unexpected end of ZLIB input stream", r"tar: Unexpected EOF"),
    explains=(
        "weights-cut-short", "weight-shard-missing", "tokenizer-missing", "config-missing", "hf-task-missing",
        "handler-file-named-otherwise", "default-model-file-absent",
        "default-handler-needs-torchscript", "remote-code-not-packed",
    ),
)  # fmt: skip
def archive_truncated(artifact: Artifact) -> Iterator[Finding]:
    """
    A part of the archive is missing, and it can't be unpacked.

    An upload or download that was interrupted, or a disk that was full while packing, leaves the beginning of an
    archive. Compare the size or checksum with the original, and send it again.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "truncated":
            yield Finding(
                message=f"{artifact.source} can't be unpacked: {trouble.saw}",
                evidence=(Evidence(f"artifact:{trouble.path or artifact.source}", trouble.saw),),
                fix="tar -C model -czf model.tar.gz . && gzip -t model.tar.gz  # then upload it again",
                log="gzip: stdin: unexpected end of file",
                cause="artifact:archive",
            )
