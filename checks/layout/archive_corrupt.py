"""Check: the archive's bytes are damaged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="The archive is damaged",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"gzip: stdin: invalid compressed data", r"tar: Skipping to next header"),
    explains=(
        "weights-cut-short", "weight-shard-missing", "tokenizer-missing", "config-missing", "hf-task-missing",
        "handler-file-named-otherwise", "default-model-file-absent",
        "default-handler-needs-torchscript", "remote-code-not-packed",
    ),
)  # fmt: skip
def archive_corrupt(artifact: Artifact) -> Iterator[Finding]:
    """
    The archive can't be unpacked because bytes in it have changed.

    A transfer in text mode, a fault of the disk or two writers of one file damage an archive. Pack it again from the
    files and check it with ``gzip -t``.
    """
    for trouble in artifact.troubles:
        if trouble.kind == "corrupt":
            yield Finding(
                message=f"{artifact.source} can't be unpacked: {trouble.saw}",
                evidence=(Evidence(f"artifact:{trouble.path or artifact.source}", trouble.saw),),
                fix="tar -C model -czf model.tar.gz . && gzip -t model.tar.gz  # then upload it again",
                log="gzip: stdin: invalid compressed data--crc error",
                cause="artifact:archive",
            )
