"""Check: the weights are in shards, and their index is not packed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The weights are in shards, and their index is missing",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/main/en/big_models#sharded-checkpoints",
    symptoms=(r"Error no file named .*model\.safetensors.* found in directory",),
)
def weight_index_missing(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    The library transformers finds shards only through model.safetensors.index.json.

    The shards alone look complete, and loading says that there is no file of weights at all. Other servers, vLLM among
    them, read shards without an index; nothing is said where those load the model.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.model:
            continue
        _, facts = found
        names = [w.rsplit("/", 1)[-1] for w in facts.weights]
        shards = [n for n in names if n.startswith(("model-0", "pytorch_model-0")) and "-of-" in n]
        if shards and len(shards) == len(names) and not facts.indexes:
            index = f"{shards[0].split('-')[0]}.{shards[0].rsplit('.', 1)[-1]}.index.json"
            yield Finding(
                message=f"{facts.path(index)} is not packed, and without it {len(shards)} shards are not looked at",
                evidence=(Evidence(f"artifact:{facts.path(shards[0])}", f"one of {len(shards)}"), loaded.evidence),
                fix=f"pack {index} beside the shards",
                log="OSError: Error no file named model.safetensors, or pytorch_model.bin, found in directory "
                f"/opt/ml/model/{facts.folder}.",
                cause=f"artifact:{facts.folder}/weights",
            )
