"""Check: an older transformers silently takes another base of the rotary embedding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The rotary embedding's parameters are not read by the serving transformers",
    fault="newer-than-image-library",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://github.com/vllm-project/vllm/issues/42624",
)
def rope_parameters_unread(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    The library transformers 5 writes rope_theta inside "rope_parameters", where transformers 4 doesn't look.

    transformers 4 then takes its default (10000 for Llama, whatever the model was trained with) and says nothing: the
    endpoint is healthy and its answers are worse. Where the default is the same value, nothing is said.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.model:
            continue
        written, default = _wrong(found[1])
        version = serving.version("transformers") if written else None
        if version is not None and version.major < 5:
            path = found[1].path("config.json")
            yield Finding(
                message=f"transformers {version} doesn't read rope_parameters: it takes rope_theta {default} "
                f"where the model has {written}, without a word",
                evidence=(
                    Evidence(f"artifact:{path}", f'"rope_parameters": {{"rope_theta": {written}}}, no "rope_theta"'),
                    serving.evidence("transformers"),
                    loaded.evidence,
                ),
                fix=f'add "rope_theta": {written} to the top level of {path}',
                cause="serving:pkg/transformers",
            )
            return


def _wrong(model: Pretrained) -> tuple[str, str]:
    """Return rope_theta as written and as transformers 4 takes it, ("", "") where they agree or nobody can say."""
    inside = model.config.get("rope_parameters")
    theta = inside.get("rope_theta") if isinstance(inside, dict) else None
    if not isinstance(theta, int | float) or "rope_theta" in model.config:
        return "", ""
    defaults = facts.load("rope_defaults")["defaults"]
    default = next((value for value, types in defaults.items() if model.model_type in types), "")
    return (f"{theta:g}", default) if default and float(default) != float(theta) else ("", "")
