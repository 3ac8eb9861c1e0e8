"""The reader of Hugging Face folders: what save_pretrained writes, and what is not that."""

from __future__ import annotations

import json
import random

import pytest

from doctor.artifact.collecting import Collector
from doctor.artifact.reading import read
from doctor.artifact.tree import Member
from doctor.errors import Unreadable
from doctor.formats.huggingface import folders, parse
from doctor.formats.kinds.huggingface import Pretrained
from doctor.formats.stream import stream_of
from tests.deployments import FIXTURES

BERT = {"model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": 16, "num_hidden_layers": 1}


def found(files: dict[str, bytes | str | dict]) -> dict[str, Pretrained]:
    collector = Collector(0)
    for path, content in files.items():
        data = json.dumps(content).encode() if isinstance(content, dict) else content
        data = data.encode() if isinstance(data, str) else data
        collector.take(Member(path, "file", len(data), raw=path), stream_of(data))
    artifact = collector.examined("m", "tar.gz", 0).artifact
    return {file.facts.folder: file.facts for file in folders(artifact, ())}


def fixture(name: str, folder: str = "") -> Pretrained:
    artifact = read(str(FIXTURES / name / "model")).artifact
    return next(f.facts for f in folders(artifact, ()) if f.facts.folder == folder)


def test_a_classifier_that_transformers_wrote():
    facts = fixture("healthy/hf-sequence-classification")
    assert facts.model_type == "bert"
    assert facts.architectures == ("BertForSequenceClassification",)
    assert facts.transformers_version == "4.57.6"
    assert facts.dtype == "float32"
    assert (facts.vocab_size, facts.hidden_size, facts.layers) == (60, 16, 1)
    assert facts.weights == ("model.safetensors",)
    assert facts.tokenizer.name == "BertTokenizer"
    assert "vocab.txt" in facts.tokenizer.files


def test_shards_and_their_index():
    whole, cut = fixture("healthy/hf-sharded"), fixture("sick/weight-shard-missing")
    assert len(whole.indexes[0].shards) == 5
    assert whole.indexes[0].missing == whole.shard_gaps == ()
    assert whole.indexes[0].total_size
    assert cut.indexes[0].missing == cut.shard_gaps == ("model-00003-of-00005.safetensors",)


def test_an_adapter():
    adapter = fixture("sick/adapter-without-base-model").adapter
    assert adapter is not None
    assert (adapter.kind, adapter.task, adapter.base_model) == ("LORA", "CAUSAL_LM", "acme/tiny-llama")
    assert adapter.weights == "adapter_model.safetensors"
    assert adapter.version


def test_code_that_is_there_and_that_is_not():
    assert fixture("healthy/hf-remote-code").absent_code == ()
    assert fixture("sick/remote-code-not-packed").absent_code == ("configuration_line.py", "modeling_line.py")
    elsewhere = found({"config.json": {**BERT, "auto_map": {"AutoConfig": "acme/code--configuration.Config"}}})
    assert elsewhere[""].absent_code == ()


def test_what_a_trainer_leaves():
    assert "optimizer.pt" in fixture("sick/trainer-checkpoint-packed").leftovers


def test_a_tokenizers_merges():
    assert fixture("sick/tokenizer-json-newer-than-tokenizers").tokenizer.merges_as_pairs is True
    assert (
        found({"tokenizer.json": {"model": {"merges": ["a b"]}}, "config.json": BERT})[""].tokenizer.merges_as_pairs
        is False
    )
    assert found({"config.json": BERT})[""].tokenizer.merges_as_pairs is None


def test_merges_of_a_large_tokenizer():
    words = {f"word{n}": n for n in range(80_000)}
    pairs, text = ({"model": {"vocab": words, "merges": merges}} for merges in ([["a", "b"]], ["a b"]))
    assert found({"tokenizer.json": pairs, "config.json": BERT})[""].tokenizer.merges_as_pairs is True
    assert found({"tokenizer.json": text, "config.json": BERT})[""].tokenizer.merges_as_pairs is False


def test_half_a_pair_of_surrogates_is_made_printable():
    facts = found({"config.json": '{"model_type": "a\\ud800b"}'})[""]
    assert facts.model_type == "a?b"


def test_dimensions_of_a_model_that_sees_and_reads():
    config = {"model_type": "gemma3", "text_config": {"vocab_size": 9, "hidden_size": 8, "dtype": "bfloat16"}}
    facts = found({"m/config.json": config})["m"]
    assert (facts.vocab_size, facts.hidden_size, facts.dtype) == (9, 8, "bfloat16")


def test_sentence_transformers_and_diffusers():
    modules = '[{"type": "sentence_transformers.models.Transformer"}]'
    facts = found({"modules.json": modules, "config.json": BERT, "model_index.json": {"_class_name": "FluxPipeline"}})
    assert facts[""].modules == ("sentence_transformers.models.Transformer",)
    assert facts[""].pipeline == "FluxPipeline"


@pytest.mark.parametrize(
    "files",
    [
        {"config.json": {"learning_rate": 0.1}},
        {"config.json": "[1, 2]"},
        {"model.pt": b"x", "metrics.json": {"loss": 1}},
        {"1_Pooling/config.json": {"pooling_mode_mean_tokens": True}},
    ],
)
def test_other_folders_are_none(files):
    assert found(files) == {}


def test_damaged_json_is_noted():
    facts = found({"config.json": "{,}", "model.safetensors": b"x"})[""]
    assert [damage.path for damage in facts.damaged] == ["config.json"]
    assert facts.config == {}


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 200_000, b"1" * 10_000, b'{"a": 1e999999'])
def test_no_json_is_unreadable(data):
    with pytest.raises(Unreadable):
        parse(data)


def test_values_of_other_types_are_passed_over():
    odd = [None, 1, -1, 1.5, True, "x", [], [1], {}, {"a": 1}, [[]], "a" * 3000]
    keys = ("model_type", "architectures", "auto_map", "quantization_config", "text_config", "dtype", "hidden_size")
    chance = random.Random(0)
    for _ in range(300):
        files: dict[str, bytes | str | dict] = {
            "config.json": {"model_type": "x", **{key: chance.choice(odd) for key in keys}},
            "tokenizer_config.json": {"auto_map": chance.choice(odd), "tokenizer_class": chance.choice(odd)},
            "tokenizer.json": json.dumps(chance.choice(odd)),
            "modules.json": json.dumps(chance.choice(odd)),
            "adapter_config.json": json.dumps(chance.choice(odd)),
            "model.safetensors.index.json": {"weight_map": chance.choice(odd), "metadata": chance.choice(odd)},
        }
        assert len(found(files)) == 1


def test_mutated_files_never_raise():
    home = FIXTURES / "sick" / "trainer-checkpoint-packed--subfolder" / "model" / "checkpoint-1"
    texts = {p.name: p.read_bytes() for p in home.iterdir() if p.suffix == ".json"}
    chance = random.Random(1)
    for _ in range(500):
        name = chance.choice(sorted(texts))
        data = bytearray(texts[name])
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        found({**texts, name: bytes(data)})


def test_a_numbering_that_claims_too_much():
    facts = found({"config.json": BERT, "model-00001-of-99999.safetensors": b"x"})[""]
    assert len(facts.shard_gaps) == 99998
