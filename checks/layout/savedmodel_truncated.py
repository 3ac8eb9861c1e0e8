"""Check: a SavedModel's graph file is cut short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.savedmodels import folder_of, loaded_folders, numbered

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models

_SHORT = ("bytes short", "are left", "ends within", "ends before")


@check(
    title="The SavedModel's graph is cut short",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/tensorflow/tensorflow/blob/v2.15.1/tensorflow/python/saved_model/loader_impl.py",
    symptoms=(r"Cannot parse file b'.*saved_model\.pb': Error parsing message", r"Read less bytes than requested"),
    explains=("weights-cut-short",),
)
def savedmodel_truncated(models: Models, artifact: Artifact, handler: Handler) -> Iterator[Finding]:
    """
    saved_model.pb ends before the messages in it say that it does.

    A download or a copy was interrupted. Compare the file's size with the original's, copy it again and pack again.
    """
    folders = loaded_folders(handler)
    for broken in models.broken.values():
        if broken.format != "savedmodel" or not any(word in broken.reason for word in _SHORT):
            continue
        certain = folder_of(broken.path) in folders
        if certain or (not folders and numbered(broken.path)):
            yield Finding(
                message=f"{broken.path} is cut short: {broken.reason}",
                evidence=(Evidence(f"artifact:{broken.path}", f"{artifact.members[broken.path].size} bytes"),),
                fix="copy or download the file again, compare sha256sum with the original, and pack again",
                likelihood=Likelihood.CERTAIN if certain else Likelihood.LIKELY,
                log=f"OSError: Cannot parse file b'/opt/ml/model/{broken.path}': Error parsing message.",
                cause=f"artifact:{broken.path}",
            )
