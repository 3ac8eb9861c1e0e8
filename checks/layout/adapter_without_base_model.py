"""Check: only an adapter is packed, and nothing that it adapts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.pretrained import MODEL_DIR, by_default, loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Adapter
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="An adapter is packed without its base model",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/76",
    symptoms=(
        r"download_and_unload_peft",
        r"Can't find 'adapter_config\.json' at",
        r"You need to define one of the following .* as env 'HF_TASK'",
    ),
    explains=("hf-task-missing", "config-missing"),
)
def adapter_without_base_model(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    An adapter holds the difference to a base model, and is no model by itself.

    The default handler of the Hugging Face stack doesn't load adapters: merge it into its base model and save that
    (``model.merge_and_unload().save_pretrained(...)``), or pack a script that loads both. A base model that is named by
    a path of the training machine is nowhere when it serves.
    """
    from doctor.formats.kinds.huggingface import Pretrained

    for _, facts in models.of(Pretrained):
        adapter = facts.adapter
        if adapter is None or facts.path("config.json") in artifact:
            continue
        if facts.folder == "" and by_default(handler, stack, target.variables) and not target.variables.get("HF_TASK"):
            yield _finding(adapter, "the default handler loads no adapters", Likelihood.CERTAIN)
        elif _absent(artifact, adapter.base_model) and _loaded(handler, stack, target, facts.folder):
            yield _finding(adapter, f"{adapter.base_model} is not in the artifact", Likelihood.LIKELY)


def _loaded(handler: Handler, stack: str, target: Target, folder: str) -> bool:
    return any(loaded.folder == folder for loaded in loads(handler, stack, target.variables))


def _absent(artifact: Artifact, base: str) -> bool:
    """Say whether a base model is a path that the container won't have; a repository's name has one slash or none."""
    if base.startswith(f"{MODEL_DIR}/"):
        inside = base[len(MODEL_DIR) + 1 :].rstrip("/")
        return bool(inside) and not artifact.has_folder(inside)
    return base.startswith(("/", "./", "../", "~"))


def _finding(adapter: Adapter, why: str, likelihood: Likelihood) -> Finding:
    kind = adapter.kind or "PEFT"
    return Finding(
        message=f"{adapter.path} is a {kind} adapter of {adapter.base_model or 'an unnamed model'}, and {why}",
        evidence=(Evidence(f"artifact:{adapter.path}", f'"base_model_name_or_path": "{adapter.base_model}"'),),
        fix='AutoPeftModelForCausalLM.from_pretrained(".").merge_and_unload().save_pretrained("model")'
        "  # then pack model/",
        likelihood=likelihood,
        log="ValueError: You need to define one of the following ['audio-classification', ...] as env 'HF_TASK'."
        if likelihood is Likelihood.CERTAIN
        else f"OSError: {adapter.base_model} does not appear to have a file named config.json.",
        cause=f"artifact:{adapter.path}",
    )
