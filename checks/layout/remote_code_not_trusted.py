"""Check: the model needs code of its own, and the load doesn't allow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, knows, loads, trusts

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The model's own code is not trusted",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-huggingface-inference-toolkit/issues/88",
    symptoms=(
        r"contains custom code which must be executed to correctly load the model",
        r"requires you to execute the configuration file in that repo",
    ),
)
def remote_code_not_trusted(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A model whose classes transformers doesn't have runs code from its own folder, and that must be allowed.

    In a script that is ``trust_remote_code=True``; the Hugging Face stack's default handler takes the variable
    HF_TRUST_REMOTE_CODE=true, and an argument to ``deploy()`` does nothing. A model type that transformers has itself
    loads without, and nothing is said of it. Read the code before you trust it.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.auto or "AutoConfig" not in found[1].auto_map:
            continue
        if trusts(loaded, target.variables) is not False or not _reads_config(loaded):
            continue
        facts = found[1]
        version = serving.version("transformers")
        known = None if version is None else knows(facts.model_type, version)
        if known is None:
            yield Unknown(f"whether transformers {version} has model type {facts.model_type!r} itself was not measured")
        elif not known:
            yield _finding(facts, loaded, serving)
            return


def _reads_config(loaded: Loaded) -> bool:
    return loaded.model or loaded.loader == "AutoConfig"


def _finding(facts: Pretrained, loaded: Loaded, serving: Environment) -> Finding:
    by_script = loaded.call is not None
    return Finding(
        message=f"model type {facts.model_type!r} needs the code of {facts.auto_map['AutoConfig']}, and "
        f"{loaded.loader} is {'called without trust_remote_code=True' if by_script else 'not allowed to run it'}",
        evidence=(
            Evidence(f"artifact:{facts.path('config.json')}", f'"AutoConfig": "{facts.auto_map["AutoConfig"]}"'),
            loaded.evidence,
            serving.evidence("transformers"),
        ),
        fix="add trust_remote_code=True to the call" if by_script else "set the variable HF_TRUST_REMOTE_CODE=true",
        log=f"ValueError: The repository /opt/ml/model/{facts.folder} contains custom code which must be executed to "
        "correctly load the model.",
        cause=f"artifact:{facts.path('config.json')}",
    )
