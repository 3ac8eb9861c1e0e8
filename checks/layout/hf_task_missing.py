"""Check: nothing tells the default handler of the Hugging Face stack which task to serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import by_default, folder_of, task

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Nothing tells the default handler which task to serve",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/112",
    symptoms=(
        r"Task couldn't be inferenced from \w+",
        r"You need to define one of the following .* as env 'HF_TASK'",
        r"'NoneType' object has no attribute 'endswith'",
    ),
)
def hf_task_missing(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    Without a script the Hugging Face stack builds a pipeline, and needs to know which.

    It takes HF_TASK, or the ending of the first of config.json's "architectures" (ForSequenceClassification is
    text-classification); a bare XLMRobertaModel has no task. Without a config.json at the root there is nothing to go
    by. The endpoint passes its health check, and every request is answered with status 400.
    """
    if not by_default(handler, stack, target.variables) or target.variables.get("HF_TASK"):
        return
    if "config.json" in artifact:
        found = folder_of(models, "")
        if found is not None and not task(found[1].config, target.variables):
            yield _no_task(found[1])
    elif "model_index.json" not in artifact:
        top = sorted({path.split("/")[0] for path in artifact.members})
        yield Finding(
            message="there is no script, no HF_TASK, and no config.json at the root to take a task from",
            evidence=(Evidence("artifact:/", f"at the root: {', '.join(top[:8]) or 'nothing'}"),),
            fix="put config.json and the weights at the root of the archive, or set HF_TASK=text-classification",
            log="ValueError: You need to define one of the following ['audio-classification', ...] as env 'HF_TASK'.",
            cause="artifact:root",
        )


def _no_task(facts: Pretrained) -> Finding:
    if facts.architectures:
        name = facts.architectures[0]
        return Finding(
            message=f"no task follows from the architecture {name}, and HF_TASK isn't set",
            evidence=(Evidence("artifact:config.json", f'"architectures": ["{name}"]'),),
            fix="set the variable HF_TASK, as in HF_TASK=feature-extraction",
            log=f"ValueError: Task couldn't be inferenced from {name}.",
        )
    return Finding(
        message='config.json names no "architectures" to take a task from, and HF_TASK isn\'t set',
        evidence=(Evidence("artifact:config.json", 'no "architectures"'),),
        fix="set the variable HF_TASK, as in HF_TASK=text-classification",
        log="AttributeError: 'NoneType' object has no attribute 'endswith'",
    )
