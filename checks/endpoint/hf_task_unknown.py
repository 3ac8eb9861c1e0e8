"""Check: the serving transformers has no pipeline for the task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import by_default, folder_of, task

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

DIFFUSERS = "text-to-image"


@check(
    title="The serving transformers has no pipeline for the task",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/112",
    symptoms=(
        r"KeyError: [\"']Unknown task \S+, available tasks are",
        r"The task \S+ has been removed from transformers",
    ),
)
def hf_task_unknown(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The default handler makes a pipeline for HF_TASK, or for the task that the architecture's name ends in.

    Tasks come and go: transformers 5.0 dropped summarization, translation and text2text-generation, a later one
    question-answering. Set a task that the version knows, take an image with an older transformers, or write model_fn.
    The task text-to-image is no task of transformers: the handler gives it to diffusers, where that is installed.
    """
    if not by_default(handler, stack, target.variables):
        return
    found = folder_of(models, "")
    wanted = _wanted(found[1] if found else None, target.variables)
    facts = load("pipeline_tasks")
    if not wanted or wanted.startswith(tuple(facts["prefixes"])) or wanted[0] in "\"'":
        return
    if wanted == DIFFUSERS and serving.version("diffusers") is not None:
        return
    version = serving.version("transformers")
    there = _knows(wanted, version) if version else True
    if there is None:
        yield Unknown(f"whether transformers {version} has the task {wanted} was not measured")
    if there is not False:
        return
    named = bool(target.variables.get("HF_TASK"))
    yield Finding(
        message=f"transformers {version} has no pipeline for {wanted!r}, which "
        + ("HF_TASK asks for" if named else "the model asks for")
        + (", and diffusers is not installed" if wanted == DIFFUSERS else ""),
        evidence=(
            Evidence("target:env/HF_TASK", wanted) if named else _seen(wanted, found[1].architectures if found else ()),
            serving.evidence("transformers"),
        ),
        fix=_fix(wanted, named=named),
        log=_log(wanted),
        cause="target:env/HF_TASK",
    )


def _wanted(model: Pretrained | None, variables: Mapping[str, str]) -> str:
    """Return the task, "" where the handler finds none."""
    if model is not None and model.pipeline and not model.config and not variables.get("HF_TASK"):
        return DIFFUSERS
    return task(model.config if model is not None else {}, variables)


def _seen(wanted: str, architectures: tuple[str, ...]) -> Evidence:
    if wanted == DIFFUSERS:
        return Evidence("artifact:model_index.json", "a diffusers pipeline, and no config.json at the root")
    return Evidence("artifact:config.json", f"architectures {architectures}")


def _knows(wanted: str, version: Version) -> bool | None:
    """Say whether a version has a task: True, False, or None between measured versions, or beyond them."""
    from packaging.version import Version

    facts = load("pipeline_tasks")
    measured = [Version(v) for v in facts["versions"]]
    first = next((Version(v) for v, tasks in facts["first"].items() if wanted in tasks), None)
    gone = next((Version(v) for v, tasks in facts["removed"].items() if wanted in tasks), None)
    if first is None:
        return False if version <= measured[-1] else None
    if version < first:
        before = max((v for v in measured if v < first), default=None)
        return False if before is not None and version <= before else None
    if gone is None or version <= max(v for v in measured if v < gone):
        return True
    return False if version >= gone else None


def _log(wanted: str) -> str:
    facts = load("pipeline_tasks")
    if any(wanted in tasks for tasks in facts["removed"].values()):
        return f"KeyError: 'The task {wanted} has been removed from transformers."  # before 5.13: Unknown task
    return f"KeyError: \"Unknown task {wanted}, available tasks are ['audio-classification', "


def _fix(wanted: str, *, named: bool) -> str:
    from difflib import get_close_matches

    if wanted == DIFFUSERS:
        return "echo diffusers >> code/requirements.txt"
    facts = load("pipeline_tasks")
    gone = {t for tasks in facts["removed"].values() for t in tasks}
    known = [t for tasks in facts["first"].values() for t in tasks if t not in gone]
    near = get_close_matches(wanted.lower().replace("_", "-"), known, 1, 0.75) if wanted not in gone else []
    if near:
        return f"HF_TASK={near[0]}"
    return "take an image whose transformers is older" + ("" if named else ", or write code/inference.py with model_fn")
