"""Check: a shard of the weights, or the index of all of them, is not packed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.huggingface import Index, Pretrained
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models


@check(
    title="A shard of the weights is missing",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/main/en/big_models#sharded-checkpoints",
    symptoms=(
        r"FileNotFoundError: No such file or directory: .*-\d{5}-of-\d{5}\.(safetensors|bin)",
        r"Error no file named .*model\.safetensors.* found in directory",
    ),
)
def weight_shard_missing(models: Models, artifact: Artifact) -> Iterator[Finding]:
    """
    Large weights are written as several files and an index that says which tensor is in which.

    A download that was interrupted, or a pattern that packed only some of the files, leaves a gap, and loading ends
    at the first file that isn't there. Without the index the shards aren't looked at.
    """
    for _, facts in models.of(Pretrained):
        index = _index_read(facts, artifact)
        if index is not None:
            if index.missing:
                yield _no_shard(facts, index.missing, Evidence(f"artifact:{index.path}", f"names {index.missing[0]}"))
        elif facts.shard_gaps and not _single(facts, artifact):
            sibling = next(w for w in facts.weights if "-of-" in w)
            yield _no_shard(facts, facts.shard_gaps, Evidence(f"artifact:{sibling}", "the others' numbering"))


def _index_read(facts: Pretrained, artifact: Artifact) -> Index | None:
    """Return the index that transformers reads: that of safetensors first, and none where there is one whole file."""
    for ending in (".safetensors.index.json", ".bin.index.json"):
        index = next((i for i in facts.indexes if i.path.endswith(ending)), None)
        if index is not None:
            whole = index.path.removesuffix(".index.json")
            return None if whole in artifact else index
        if _single(facts, artifact):
            return None
    return None


def _single(facts: Pretrained, artifact: Artifact) -> bool:
    names = ("model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack")
    return any(facts.path(name) in artifact for name in names)


def _no_shard(facts: Pretrained, missing: tuple[str, ...], why: Evidence) -> Finding:
    more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    return Finding(
        message=f"{facts.path(missing[0])}{more} is not packed, and the weights can't be loaded without it",
        evidence=(why, Evidence(f"artifact:{facts.path(missing[0])}", "not in the artifact")),
        fix="pack the whole folder: tar -C model -czf model.tar.gz .",
        log=f"FileNotFoundError: No such file or directory: /opt/ml/model/{facts.path(missing[0])}",
        cause=f"artifact:{facts.folder}/weights",
    )
