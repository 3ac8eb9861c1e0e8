"""Check: the code that config.json names is not beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads, trusts

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The model's own code is not packed",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/jina-ai/jina-sagemaker/issues/54",
    symptoms=(r"does not appear to have a file named \w+\.py",),
)
def remote_code_not_packed(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    A model with code of its own names it in config.json's "auto_map", and the files must lie beside it.

    ``save_pretrained`` copies them only for classes that called ``register_for_auto_class()``; a fine-tuned model often
    has the map and not the files. Where the code isn't trusted it isn't looked for, and nothing is said here.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.auto or not trusts(loaded, target.variables):
            continue
        _, facts = found
        wanted = {"AutoConfig", loaded.loader}
        for key, reference in facts.auto_map.items():
            file = f"{reference.split('.')[0]}.py"
            if (key in wanted or loaded.loader == "pipeline") and file in facts.absent_code:
                yield Finding(
                    message=f"config.json names {reference} as its {key}, and {facts.path(file)} is not packed",
                    evidence=(
                        Evidence(f"artifact:{facts.path('config.json')}", f'"{key}": "{reference}"'),
                        loaded.evidence,
                    ),
                    fix=f"pack {file} beside config.json; it is in the repository that the model was trained from",
                    log=f"OSError: /opt/ml/model/{facts.folder} does not appear to have a file named {file}.",
                    cause=f"artifact:{facts.path('config.json')}",
                )
                return
