"""Check: the server is told another quantization than the weights have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import server
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

# Methods whose weights must have been quantized before; others quantize while loading.
_BEFORE = frozenset({"awq", "gptq"})
_FAMILY = {"awq_marlin": "awq", "gptq_marlin": "gptq", "gptq_marlin_24": "gptq", "gptq_bitblas": "gptq"}


@check(
    title="The quantization asked for is not that of the weights",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/text-generation-inference/issues/2467",
    symptoms=(
        r"Quantization method specified in the model config \(\w+\) does not match the quantization method specified",
        r"Cannot find the config file for \w+",
        r"RuntimeError: weight [\w.]+\.qweight does not exist",
    ),
    explains=("quantization-package-missing",),
)
def quantization_contradicts_weights(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    AWQ and GPTQ read weights that were quantized so beforehand; a variable can't make them.

    Leave the variable out: TGI and vLLM read the method from config.json's "quantization_config". To quantize weights
    that aren't, take a method that does it while loading, such as bitsandbytes or fp8.
    """
    llm = server(models, handler, stack, target)
    found = llm.model() if llm and (llm.vllm or stack == "tgi") else None
    given = llm.setting("quantize") if llm and found else None
    if found is None or given is None:
        return
    asked = _FAMILY.get(given.value.lower(), given.value.lower())
    has = _FAMILY.get(found[1].quantization, found[1].quantization)
    other = any(found[1].path(n) in artifact for n in ("quantize_config.json", "quant_config.json"))
    if asked not in _BEFORE or has == asked or (not has and (other or _quantized(models, found[1]))):
        return
    config = found[1].path("config.json")
    seen = f'"quant_method": "{has}"' if has else 'no "quantization_config"'
    are = f"quantized with {has}" if has else "not quantized"
    yield Finding(
        message=f"{given.name} is {given.value}, and the weights are {are}",
        evidence=(given.evidence, Evidence(f"artifact:{config}", seen)),
        fix=f"leave out {given.name}" + ("" if has else ", or quantize the weights first"),
        log=_log(stack, asked, has),
        cause=given.evidence.where,
    )


def _quantized(models: Models, model: Pretrained) -> bool:
    """Say whether some of the weights are packed integers, or can't be seen."""
    files = [models.at(path) for path in model.weights]
    return not files or any(f is None or any(t.name.endswith("qweight") for t in f.tensors) for f in files)


def _log(stack: str, asked: str, has: str) -> str:
    if stack == "tgi":
        return "RuntimeError: weight model.layers.0.self_attn.q_proj.qweight does not exist"
    if has:
        return (
            f"ValueError: Quantization method specified in the model config ({has}) does not match the quantization "
            f"method specified in the `quantization` argument ({asked})."
        )
    return f"ValueError: Cannot find the config file for {asked}"
