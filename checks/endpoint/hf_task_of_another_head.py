"""Check: HF_TASK asks for a head that the model doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.pretrained import by_default, folder_of

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="HF_TASK asks for a head that the model doesn't have",
    fault="endpoint-config",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://huggingface.co/docs/transformers/main_classes/pipelines",
    symptoms=(
        r"Some weights of \w+ were not initialized from the model checkpoint",
        r"is not supported for \S+\. Supported",
    ),
)
def hf_task_of_another_head(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    A pipeline loads the class for its task, and what the checkpoint lacks of it is filled with random numbers.

    It answers, with a warning in the log, and the answers mean nothing; they differ at each start. Set HF_TASK to the
    task that the model was trained for.
    """
    wanted = target.variables.get("HF_TASK", "")
    found = folder_of(models, "")
    facts = load("pipeline_tasks")
    if found is None or not by_default(handler, stack, target.variables) or wanted not in facts["needs_head"]:
        return
    names = found[1].architectures
    heads = {n: next((h for h in facts["heads"] if n.endswith(h)), "") for n in names}
    if len(names) != 1 or not heads[names[0]] or wanted in facts["heads"][heads[names[0]]]:
        return
    fitting = facts["heads"][heads[names[0]]][0]
    yield Finding(
        message=f"HF_TASK is {wanted}, and the model is a {names[0]}: its head for {wanted} would be random",
        evidence=(
            Evidence("target:env/HF_TASK", wanted),
            Evidence(f"artifact:{found[1].path('config.json')}", f"architectures: {names[0]}"),
        ),
        fix=f"HF_TASK={fitting}",
        likelihood=Likelihood.LIKELY,
        log="Some weights of the model were not initialized from the model checkpoint and are newly initialized",
        cause="target:env/HF_TASK",
    )
