"""Check: a model compiled for AWS Neuron is served on an instance without the chips it was compiled for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.huggingface import Pretrained
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The model was compiled for Neuron chips that the instance hasn't",
    fault="compiled-for-another-target",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/optimum-neuron/guides/export_model",
    symptoms=(
        r"Could not load the model status=\d+",
        r"NEFF version: [\d.]+, features: 0x[0-9a-f]+ are not supported",
        r"Unknown type name '__torch__\.torch\.classes\.neuron\.Model'",
    ),
)
def neuron_model_on_other_instance(models: Models, artifact: Artifact, target: Target) -> Iterator[Finding]:
    """
    optimum-neuron compiles a model for one generation of AWS's chips and packs that in place of weights.

    neuron-cc compiles for inf1, neuronx-cc for inf2 and trn1; no other instance runs either. Serve on such an instance,
    or pack the model's own weights.
    """
    for _, model in models.of(Pretrained):
        section = model.config.get("neuron")
        compiler = section.get("compiler_type") if isinstance(section, dict) else None
        families = facts("neuron")["families"].get(compiler, ()) if isinstance(compiler, str) else ()
        compiled = next((m.path for m in artifact.under(model.folder) if m.path.endswith((".neuron", ".neff"))), "")
        plain = any(path.endswith((".safetensors", ".bin")) for path in model.weights)
        if not families or not compiled or plain or not target.hardware:
            continue
        if target.instance.split(".")[1] not in families:
            version = section.get("compiler_version") if isinstance(section, dict) else ""
            yield Finding(
                message=f"{compiled} was compiled by {compiler} for {', '.join(families)}, "
                f"and {target.instance} has no such chip",
                evidence=(
                    Evidence(f"artifact:{model.path('config.json')}", f'"neuron": {compiler} {version}'),
                    target.evidence(),
                ),
                fix=f"--instance-type ml.{families[0]}.xlarge",
                log="RuntimeError: Unknown type name '__torch__.torch.classes.neuron.Model'",
                cause="target:instance",
            )
