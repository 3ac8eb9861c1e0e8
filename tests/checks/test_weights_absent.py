from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama

CONFIG = {"config.json": llama()["config.json"], "tokenizer.json": "{}"}
LOAD = "import transformers\n\n\ndef model_fn(d):\n    return transformers.AutoModelForCausalLM.from_pretrained(d{})\n"


def status(files, stack="huggingface", code="", env=None):
    artifact = {**CONFIG, **files, **({"code/inference.py": code} if code else {})}
    return ask("weights-absent", artifact=artifact, stack=stack, env=env).status


def test_the_fixture():
    first = examine("sick/weights-absent").findings[0]
    assert first.check.id == "weights-absent"
    assert "model-q8_0.gguf" in first.finding.message


def test_any_weights_are_clear():
    assert status({}) is Status.FOUND
    assert status({"model.safetensors": b"x"}) is Status.CLEAR
    assert status({"flax_model.msgpack": b"x"}) is Status.CLEAR
    assert status({"a.gguf": b"x"}, "vllm") is Status.FOUND
    assert status({"a.gguf": b"x"}, "tgi", env={"HF_MODEL_ID": "owner/name"}) is Status.CLEAR


def test_a_script_that_names_the_file_is_clear():
    assert status({"a.gguf": b"x"}, code=LOAD.format("")) is Status.FOUND
    assert status({"a.gguf": b"x"}, code=LOAD.format(', gguf_file="a.gguf"')) is Status.CLEAR
    assert status({}, code=LOAD.format("").replace("AutoModelForCausalLM", "AutoTokenizer")) is Status.CLEAR
