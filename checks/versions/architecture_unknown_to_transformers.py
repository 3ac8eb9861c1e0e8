"""Check: the serving transformers doesn't have the model's architecture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.pretrained import Loaded, folder_of, knows, loads

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

# Imports that don't add architectures of their own to transformers.
_PLAIN = frozenset(
    {"torch", "transformers", "numpy", "peft", "accelerate", "safetensors", "tokenizers", "sagemaker_inference",
     "sagemaker_huggingface_inference_toolkit", "datasets", "scipy", "pandas", "PIL", "requests", "boto3", "sagemaker"}
)  # fmt: skip

_WORDED = (4, 37)  # 4.36.2 says KeyError, 4.37.2 what it means
_TOKENIZER_APART = (4, 12)  # 4.6.1 reads the config to find the tokenizer, 4.12.3 doesn't where it is named


@check(
    title="The serving transformers doesn't know the model's architecture",
    fault="architecture-unknown-to-image",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/X-PLUG/mPLUG-DocOwl/issues/26",
    symptoms=(
        r"has model type `[\w.-]+` but Transformers does not recognize this architecture",
        r"KeyError: '[\w-]+'$",
    ),
    explains=("tokenizer-written-by-newer-transformers", "tokenizer-json-newer-than-tokenizers"),
)
def architecture_unknown_to_transformers(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    config.json's "model_type" must be one that the installed transformers has.

    Each release adds architectures. An image with an older one refuses the model before it reads a weight. Raise
    transformers in code/requirements.txt, or take a newer image.
    """
    for loaded in loads(handler, stack, target.variables):
        found = folder_of(models, loaded.folder)
        if found is None or not loaded.auto:
            continue
        model = found[1]
        version = serving.version("transformers")
        if not _reads_config(loaded, version):
            continue
        if version is None or not model.model_type or "AutoConfig" in model.auto_map:
            continue
        if stack == "vllm" and model.model_type in facts.load("llm_servers")["configs_of_vllm"]:
            continue
        known = knows(model.model_type, version)
        if known is None:
            yield Unknown(f"whether transformers {version} knows model type {model.model_type!r} was not measured")
        elif not known and not _adds_architectures(handler):
            yield _finding(model, version, loaded, serving)
            return


def _reads_config(loaded: Loaded, version: Version | None) -> bool:
    by_tokenizer = loaded.loader == "AutoTokenizer" and version is not None and version.release < _TOKENIZER_APART
    return loaded.model or loaded.loader == "AutoConfig" or by_tokenizer


def _adds_architectures(handler: Handler) -> bool:
    import sys

    own = {script.module.split(".")[0] for script in handler.scripts.values()}
    known = _PLAIN | own | sys.stdlib_module_names
    registers = any(handler.calls("transformers.AutoConfig.register", "*.register"))
    return registers or any(i.module.split(".")[0] not in known for i in handler.imports())


def _finding(model: Pretrained, version: Version, loaded: Loaded, serving: Environment) -> Finding:
    measured = facts.load("transformers_models")["first"]
    first = next((v for v, types in measured.items() if model.model_type in types), "")
    written = model.transformers_version
    by = f" (the model was written by {written})" if written else ""
    fix = f"transformers>={first}" if first else "pack the code that the model needs and name it in auto_map"
    return Finding(
        message=f"transformers {version} has no model type {model.model_type!r}{by}"
        + (f"; {first} has it" if first else "; no release up to now has it"),
        evidence=(
            Evidence(f"artifact:{model.path('config.json')}", f'"model_type": "{model.model_type}"'),
            serving.evidence("transformers"),
            loaded.evidence,
        ),
        fix=f"echo '{fix}' >> code/requirements.txt" if first else fix,
        log=f"KeyError: '{model.model_type}'"
        if version.release < _WORDED
        else f"ValueError: The checkpoint you are trying to load has model type `{model.model_type}` but Transformers "
        "does not recognize this architecture.",
        cause="serving:pkg/transformers",
    )
