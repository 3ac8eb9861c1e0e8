from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import NAMES, llama

GPTQ = {"quant_method": "gptq", "bits": 4}


def status(asked, stack="tgi", name="HF_MODEL_QUANTIZE", names=NAMES, extra=None, **changes):
    artifact = {**llama(names, **changes), **(extra or {})}
    return ask("quantization-contradicts-weights", artifact=artifact, stack=stack, env={name: asked}).status


def test_the_fixtures():
    first = examine("sick/quantization-contradicts-weights").findings[0]
    assert first.check.id == "quantization-contradicts-weights"
    assert "not quantized" in first.finding.message and "qweight" in first.finding.log
    first = examine("sick/quantization-contradicts-weights--vllm").findings[0]
    assert first.check.id == "quantization-contradicts-weights"
    assert "gptq" in first.finding.message


def test_what_quantizes_while_loading_is_clear():
    assert status("bitsandbytes") is Status.CLEAR
    assert status("fp8", "vllm", "SM_VLLM_QUANTIZATION") is Status.CLEAR
    assert status("eetq") is Status.CLEAR


def test_the_same_method_is_clear():
    assert status("gptq", quantization_config=GPTQ) is Status.CLEAR
    assert status("gptq_marlin", "vllm", "SM_VLLM_QUANTIZATION", quantization_config=GPTQ) is Status.CLEAR
    assert status("awq", quantization_config=GPTQ) is Status.FOUND
    assert status("gptq", extra={"quantize_config.json": "{}"}) is Status.CLEAR
    assert status("gptq", names=("model.layers.0.mlp.up_proj.qweight",)) is Status.CLEAR
