"""Check: the model needs code of its own, and the load doesn't allow it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.llmserving import server
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, knows, loads, trusts

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.llmserving import Server
    from doctor.models import Models
    from doctor.target import Target

_TRUST = {
    "tgi": "set the variable HF_MODEL_TRUST_REMOTE_CODE=true",
    "djl": "echo option.trust_remote_code=true >> serving.properties",
    "vllm": "set the variable SM_VLLM_TRUST_REMOTE_CODE=true",
}


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
    HF_TRUST_REMOTE_CODE=true, and an argument to ``deploy()`` does nothing. TGI takes HF_MODEL_TRUST_REMOTE_CODE=true
    (TRUST_REMOTE_CODE=true before 0.9), DJL option.trust_remote_code=true in serving.properties, vLLM
    SM_VLLM_TRUST_REMOTE_CODE=true. A model type that transformers or the server has itself loads without, and nothing
    is said of it. Read the code before you trust it.
    """
    yield from _of_server(server(models, handler, stack, target), serving)
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


def _of_server(llm: Server | None, serving: Environment) -> Iterator[Finding | Unknown]:
    """Ask the same of a server of large models."""
    found = llm.model() if llm is not None and llm.stack in _TRUST else None
    if llm is None or found is None or "AutoConfig" not in found[1].auto_map or llm.has_config(found[1].config):
        return
    ignored = _ignored(llm, serving)
    if llm.trusts and not ignored:
        return
    version = serving.version("transformers")
    known = None if version is None else knows(found[1].model_type, version)
    if known is None:
        yield Unknown(f"whether transformers {version} has model type {found[1].model_type!r} itself was not measured")
    elif not known and version is not None:
        yield _server_finding(found[1], llm, version, serving, ignored)


def _ignored(llm: Server, serving: Environment) -> str:
    """Return the version of TGI where it is one that doesn't heed the variable that is set, else ""."""
    from packaging.version import InvalidVersion, Version

    row, given = load("llm_servers")["trust_ignored"], llm.setting("trust")
    text = serving.packages.get(row["distribution"], "")
    try:
        old = bool(text) and Version(text) < Version(row["since"])
    except InvalidVersion:
        return ""
    return text if old and llm.stack == "tgi" and given is not None and given.name == row["variable"] else ""


def _server_finding(facts: Pretrained, llm: Server, version: Version, serving: Environment, ignored: str) -> Finding:
    path, given = facts.path("config.json"), llm.setting("trust")
    row = load("llm_servers")["trust_ignored"]
    why = f"TGI {ignored} doesn't heed {row['variable']}" if ignored else f"{llm.stack} is not allowed to run it"
    place = _place(facts)
    seen = (given.evidence,) if given is not None else ()
    # with trust_remote_code=False, as the servers pass it: 4.51.3 and 4.57.6 word it so
    log = (
        f"ValueError: Loading {place} requires you to execute the configuration file in that repo"
        if version.release < (4, 52)
        else f"ValueError: The repository {place} contains custom code which must be executed to "
        "correctly load the model."
    )
    return Finding(
        message=f"model type {facts.model_type!r} needs the code of {facts.auto_map['AutoConfig']}, and {why}",
        evidence=(
            Evidence(f"artifact:{path}", f'"AutoConfig": "{facts.auto_map["AutoConfig"]}"'),
            *seen,
            serving.evidence("transformers"),
        ),
        fix=f"set the variable {row['instead']}=true" if ignored else _TRUST[llm.stack],
        log=log,
        cause=f"artifact:{path}",
    )


def _place(facts: Pretrained) -> str:
    return f"/opt/ml/model/{facts.folder}".rstrip("/")


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
        log=f"ValueError: The repository {_place(facts)} contains custom code which must be executed to "
        "correctly load the model.",
        cause=f"artifact:{facts.path('config.json')}",
    )
