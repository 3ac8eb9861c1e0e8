"""Check: the archive holds links that don't lead to a packed file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact, Member


@check(
    title="The archive holds links in place of files",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://github.com/mantiumai/aws-sagemaker-gptj-deepspeed-blog/issues/5",
    symptoms=(r"Failed to extract model data archive for container", r"tar: .*: Cannot hard link to"),
    explains=(
        "weight-shard-missing", "tokenizer-missing", "config-missing", "hf-task-missing", "archive-empty",
        "handler-file-named-otherwise", "default-model-file-absent",
        "default-handler-needs-torchscript", "remote-code-not-packed",
    ),
)  # fmt: skip
def archive_has_links(artifact: Artifact) -> Iterator[Finding]:
    """
    The platform refuses archives with symbolic links, and a link to a file that isn't packed leads nowhere.

    A model that was downloaded into a Hugging Face cache lies there as links into ../../blobs: packing the snapshot
    packs the links, not the weights. Pack what they point to: ``tar -h`` follows links, and
    ``snapshot_download(..., local_dir=...)`` makes real files.

    A hard link to another file of the archive is unpacked as usual and nothing is said of it.
    """
    dead = [m for m in artifact.members.values() if _is_dead(artifact, m)]
    live = [m for m in artifact.members.values() if m.kind == "symlink" and m not in dead]
    if artifact.container == "directory":
        live = []  # how it will be packed isn't known
    links = dead or live
    if links:
        first = links[0]
        more = f" (and {len(links) - 1} more)" if len(links) > 1 else ""
        end = "which is not in the archive" if dead else "and the platform refuses archives with symbolic links"
        yield Finding(
            message=f"{first.path}{more} is a {_word(first)} to {first.target!r}, {end}",
            evidence=tuple(Evidence(f"artifact:{m.path}", f"{_word(m)} to {m.target}") for m in links[:5]),
            fix="tar -C model -hczf model.tar.gz .  # -h packs the files that the links point to",
            likelihood=Likelihood.CERTAIN if dead else Likelihood.LIKELY,
            log="Failed to extract model data archive for container",
            cause="artifact:links",
        )


def _word(member: Member) -> str:
    return "symbolic link" if member.kind == "symlink" else "hard link"


def _is_dead(artifact: Artifact, member: Member) -> bool:
    if member.kind == "symlink" and member.target:
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(member.path), member.target))
        return not (aim in artifact or artifact.has_folder(aim))
    if member.kind == "hardlink":
        return posixpath.normpath(member.target) not in artifact
    return False
