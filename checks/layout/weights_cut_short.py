"""Check: a model file ends before its own headers say it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_read, loader_error
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models


@check(
    title="A model file is cut short",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/gulvarol/cslr2/issues/1",
    symptoms=(
        r"pickle data was truncated",
        r"failed finding central directory",
        r"truncated file: eof = ",
        r"cannot reshape array of size \d+ into shape",
        r"data is not within the file bounds, model is corrupted or incomplete",
    ),
)
def weights_cut_short(models: Models, artifact: Artifact) -> Iterator[Finding]:
    """
    The file's headers promise more bytes than there are.

    A download or a copy that was interrupted looks like a finished file. Compare its size with the original's and copy
    it again. Of a file that nothing loads nothing is said; safetensors files have a check of their own.
    """
    for broken in models.broken.values():
        if broken.cut_short and broken.format != "safetensors" and is_read(artifact, broken.path):
            member = artifact.members[broken.path]
            yield Finding(
                message=f"{broken.path} is cut short: {broken.reason}",
                evidence=(Evidence(f"artifact:{broken.path}", f"{member.size} bytes; {broken.reason}"),),
                fix="copy or download the file again, compare sha256sum with the original, and pack again",
                log=loader_error(broken.path, "cut-short"),
                cause=f"artifact:{broken.path}",
            )
