"""Weights as they will be loaded: against models that transformers really loaded, and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doctor.environment import Environment
from doctor.formats.kinds.base import ModelFile, Tensor
from doctor.formats.kinds.gguf import Gguf
from doctor.formats.kinds.torch import Safetensors, TorchSave
from doctor.handler import Handler
from doctor.memory.stored import loaded, weights_terms
from doctor.memory.tensors import Scheme, loaded_bytes
from doctor.model import Unknown
from doctor.models import Models
from tests.deployments import deployment

ROWS = json.loads((Path(__file__).parent / "loaded_weights.json").read_text())
DTYPES = {"plain": "", "auto": "", "float16": "float16", "float32": "float32", "4bit": "float16", "8bit": "float16"}
SCHEMES = {
    "4bit": Scheme.of_bitsandbytes({"load_in_4bit": True}),
    "4bit-double": Scheme.of_bitsandbytes({"load_in_4bit": True, "bnb_4bit_use_double_quant": True}),
    "8bit": Scheme.of_bitsandbytes({"load_in_8bit": True}),
}
NOBODY = Handler({}, None)


def serving(**packages):
    return Environment("serving", "serving.txt", packages, "3.11", complete=True)


def hugging_face(tensors, config, files=1):
    """A folder as save_pretrained writes it."""
    from doctor.formats.huggingface import folders

    names = ["model.safetensors"] if files == 1 else [f"model-{i:05d}-of-{files:05d}.safetensors" for i in range(files)]
    held = [ModelFile(n, "safetensors", 1, {}, tensors=tuple(tensors[i::files]), facts=Safetensors({}, 8))
            for i, n in enumerate(names)]  # fmt: skip
    members = {"config.json": json.dumps(config).encode(), **dict.fromkeys(names, b"x")}
    artifact = deployment(artifact=members).part("artifact")
    return Models((*held, *folders(artifact, ())), {})


def handler_of(code):
    return deployment(artifact={"code/inference.py": code.encode()}, stack="pytorch").part("handler")


def as_tensors(row):
    return [Tensor(name, dtype, tuple(shape)) for name, dtype, shape in row["tensors"]]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_is_what_transformers_holds(name):
    way = name.rpartition("/")[2]
    tensors = as_tensors(ROWS[name])
    dtype = DTYPES.get(way, "float16")
    if way == "plain" and name.startswith("4."):
        dtype = "float32"
    found = sum(loaded_bytes(t, SCHEMES.get(way), dtype) for t in tensors)
    assert found == pytest.approx(ROWS[name]["loaded"], rel=0.002 if way in SCHEMES else 0)


@pytest.mark.parametrize("release", ["4.57.6", "5.23.0"])
@pytest.mark.parametrize("stored", ["float32", "bfloat16"])
def test_the_handlers_dtype_is_heeded(release, stored):
    row = ROWS[f"{release}/llama/{stored}/plain"]
    models = hugging_face(as_tensors(row), row["config"], files=2)
    code = (
        "from transformers import AutoModelForCausalLM\n"
        "def model_fn(model_dir):\n    return AutoModelForCausalLM.from_pretrained(model_dir{})\n"
    )
    for passed, way in (("", "plain"), (", torch_dtype='auto'", "auto"), (", dtype=torch.float16", "float16")):
        handler = handler_of("import torch\n" + code.format(passed))
        found = loaded(models, handler, "pytorch", {}, serving(transformers=release))
        assert found.size.expected == ROWS[f"{release}/llama/{stored}/{way}"]["loaded"], passed
        assert len(found.files) == 2
        assert found.largest < found.stored


def test_without_a_release_both_are_in_the_range():
    row = ROWS["5.23.0/llama/bfloat16/plain"]
    found = loaded(hugging_face(as_tensors(row), row["config"]), NOBODY, "huggingface", {}, None)
    assert (found.size.low, found.size.high) == (row["loaded"], 2 * row["loaded"])


def test_servers_of_large_models_take_16_bits():
    row = ROWS["5.23.0/llama/float32/plain"]
    models = hugging_face(as_tensors(row), row["config"])
    assert loaded(models, NOBODY, "vllm", {}, None).size.expected == row["loaded"] // 2
    assert loaded(models, NOBODY, "vllm", {"SM_VLLM_DTYPE": "float32"}, None).size.expected == row["loaded"]
    smaller = loaded(models, NOBODY, "tgi", {"HF_MODEL_QUANTIZE": "bitsandbytes-nf4"}, None)
    assert smaller.size.expected == pytest.approx(ROWS["5.23.0/llama/float32/4bit"]["loaded"], rel=0.002)
    with pytest.raises(Unknown):
        loaded(models, NOBODY, "vllm", {"SM_VLLM_MODEL": "other/model"}, None)


def test_a_stored_output_layer_that_is_tied_counts_once():
    tensors = [Tensor("model.embed_tokens.weight", "float16", (100, 8)), Tensor("lm_head.weight", "float16", (100, 8))]
    tied = hugging_face(tensors, {"model_type": "llama", "tie_word_embeddings": True, "dtype": "float16"})
    apart = hugging_face(tensors, {"model_type": "llama", "tie_word_embeddings": False, "dtype": "float16"})
    assert loaded(tied, NOBODY, "vllm", {}, None).size.expected == 1600
    assert loaded(apart, NOBODY, "vllm", {}, None).size.expected == 3200


def test_quantized_files_are_as_stored():
    tensors = [
        Tensor("model.layers.0.q_proj.qweight", "int32", (8, 64)),
        Tensor("model.embed_tokens.weight", "float16", (10, 64)),
    ]  # fmt: skip
    config = {"model_type": "llama", "torch_dtype": "float16", "quantization_config": {"quant_method": "gptq"}}
    found = loaded(hugging_face(tensors, config), NOBODY, "huggingface", {}, serving(transformers="4.40.0"))
    assert found.size.expected == 8 * 64 * 4 + 10 * 64 * 2
    assert found.scheme == "gptq"


def test_blocks_of_gguf():
    file = ModelFile(
        "model.gguf", "gguf", 1, {},
        tensors=(Tensor("a", "Q4_K", (2, 256), quantized=True), Tensor("b", "float32", (4,))),
        facts=Gguf(3, "llama", {}, "Q4_K"),
    )  # fmt: skip
    assert loaded(Models((file,), {}), NOBODY, "", {}, None).size.expected == 2 * 144 + 16


def test_optimizer_states_lie_beside():
    tensors = (
        Tensor("model.w", "float32", (10, 10), storage="0"), Tensor("model.v", "float32", (10, 10), storage="0"),
        Tensor("optimizer.state.0.exp_avg", "float32", (10, 10)), Tensor("ema.w", "float32", (10, 10)),
    )  # fmt: skip
    facts = TorchSave("checkpoint", ("model", "optimizer", "ema"), "model", optimizer=("optimizer",))
    models = Models((ModelFile("model.pt", "torch-zip", 1, {}, tensors=tensors, facts=facts),), {})
    code = b"import torch\ndef model_fn(model_dir):\n    return torch.load(model_dir + '/model.pt'%s)\n"
    for passed, terms in ((b"", 1), (b", map_location='cuda'", 2)):
        handler = handler_of((code % passed).decode())
        found = loaded(models, handler, "pytorch", {}, None)
        assert (found.stored, found.beside) == (400, 800)
        assert len(weights_terms(models, handler, "pytorch", {}, None)) == terms


def test_nothing_to_load_is_unknown():
    with pytest.raises(Unknown):
        loaded(Models((), {}), NOBODY, "pytorch", {}, None)
