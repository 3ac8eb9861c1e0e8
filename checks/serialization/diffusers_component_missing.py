"""Check: a diffusers pipeline names a component that isn't packed, or has no weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models

_PASSED = ("_class_name", "safety_checker", "feature_extractor")


@check(
    title="A component of the diffusers pipeline is missing",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/diffusers/main/en/using-diffusers/loading",
    symptoms=(
        r"Error no file named (config|scheduler_config)\.json found in directory",
        r"Error no file named diffusion_pytorch_model\.\w+ found in directory",
    ),
)
def diffusers_component_missing(artifact: Artifact, models: Models, handler: Handler, stack: str) -> Iterator[Finding]:
    """
    model_index.json names the components of a pipeline, and each has a folder of that name.

    A fine-tuned UNet or a LoRA saved alone is one component. Save the whole pipeline,
    ``pipeline.save_pretrained(folder)``, or pass the component in from_pretrained.
    """
    from doctor.formats.diffusers import INDEX, components
    from doctor.formats.kinds.huggingface import Pretrained

    if handler and any(
        call.name.endswith("from_pretrained") and len(call.node.keywords) > 3 for call in handler.calls()
    ):
        return  # components may be passed
    for _, facts in models.of(Pretrained):
        for part in components(artifact, facts.folder) if facts.pipeline and _loaded(handler, stack, facts) else ():
            lacks = (
                "isn't packed" if not part.present else "has no weights" if part.is_model and not part.weights else ""
            )
            if lacks and part.name not in _PASSED and not _given(handler, part.name):
                place = facts.path(part.name)
                yield Finding(
                    message=f"{facts.pipeline} needs its {part.name} ({part.kind}), and the folder {place}/ {lacks}",
                    evidence=(
                        Evidence(f"artifact:{facts.path(INDEX)}", f'"{part.name}": ["{part.library}", "{part.kind}"]'),
                        Evidence(f"artifact:{place}", lacks),
                    ),
                    fix="pipeline.save_pretrained(folder) writes every component; pack all of it",
                    likelihood=Likelihood.CERTAIN if stack == "huggingface" and not handler else Likelihood.LIKELY,
                    log=_log(part.kind, present=part.present),
                    cause=f"artifact:{facts.path(INDEX)}",
                )


def _loaded(handler: Handler, stack: str, facts: object) -> bool:
    """Say whether the pipeline of a folder is loaded: by the default handler, or by a script that names diffusers."""
    if not handler:
        return stack == "huggingface" and getattr(facts, "folder", None) == ""
    return any(
        call.name.startswith("diffusers.") and call.name.endswith(".from_pretrained") for call in handler.calls()
    )


def _given(handler: Handler, name: str) -> bool:
    return any(k.arg == name for call in handler.calls() for k in call.node.keywords)


def _log(kind: str, *, present: bool) -> str:
    if present:
        return "OSError: Error no file named diffusion_pytorch_model.bin found in directory"
    name = "scheduler_config.json" if kind.endswith("Scheduler") else "config.json"
    return f"OSError: Error no file named {name} found in directory /opt/ml/model."
