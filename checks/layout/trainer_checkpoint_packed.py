"""Check: a Trainer's checkpoint is packed in place of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.huggingface import Pretrained
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A training checkpoint is packed in place of the model",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/artidoro/qlora/issues/175",
    symptoms=(r"does not appear to have a file named config\.json",),
    explains=("hf-task-missing", "config-missing"),
)
def trainer_checkpoint_packed(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    A checkpoint holds what training needs to go on, and not always what loading needs.

    Either config.json is missing beside the optimizer's state, or the model lies in checkpoint-500/ and the server
    looks at the root. Save the model by itself: ``trainer.save_model(os.environ["SM_MODEL_DIR"])``.
    """
    loaded = {one.folder: one for one in loads(handler, stack, target.variables) if one.model}
    for _, facts in models.of(Pretrained):
        folder, _, name = facts.folder.rpartition("/")
        if facts.path("config.json") not in artifact and facts.folder in loaded and facts.leftovers:
            if facts.adapter is None:
                saw = "a trainer's state, and no config.json beside it"
                yield _finding(facts, saw, loaded[facts.folder].evidence)
        elif name.startswith("checkpoint-") and folder in loaded and _nothing_at(artifact, models, folder):
            yield _finding(facts, f"the model is in {facts.folder}/", loaded[folder].evidence)
            return


def _nothing_at(artifact: Artifact, models: Models, folder: str) -> bool:
    config = f"{folder}/config.json" if folder else "config.json"
    return config not in artifact and not any(
        f.facts.folder == folder for f in models.files if isinstance(f.facts, Pretrained) and f.facts.weights
    )


def _finding(facts: Pretrained, saw: str, loaded: Evidence) -> Finding:
    place = facts.leftovers[0] if facts.leftovers else facts.path("config.json")
    return Finding(
        message=f"{facts.folder or 'the archive'} is a Trainer's checkpoint and can't be loaded as a model: {saw}",
        evidence=(Evidence(f"artifact:{place}", saw), loaded),
        fix="trainer.save_model('model') or model.save_pretrained('model'), then tar -C model -czf model.tar.gz .",
        log="OSError: /opt/ml/model does not appear to have a file named config.json.",
        cause="artifact:checkpoint",
    )
