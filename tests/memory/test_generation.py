"""What generation keeps: against the caches that transformers really made, and by hand."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from doctor.facts import load
from doctor.memory.architecture import Architecture
from doctor.memory.generation import bytes_per_token, exact, kv_cache, layers
from doctor.model import Unknown

ROWS = json.loads((Path(__file__).parent / "kv_cache.json").read_text())
NEWEST, OLDER = "5.23.0", "4.57.6"
LLAMA_8B = {
    "model_type": "llama", "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "hidden_size": 4096, "torch_dtype": "bfloat16",
}  # fmt: skip
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128,
    "hidden_size": 7168, "kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128,
    "torch_dtype": "bfloat16",
}  # fmt: skip


def measured(version):
    return sorted(name for name, row in ROWS[version].items() if "runs" in row)


def estimate(config, run):
    """The cache as it is at the end of a run: the prompt isn't there any more where its run went on."""
    if Architecture(config).encoder_decoder:
        return kv_cache(config, run["batch"], run["new"], "bfloat16", encoded=run["prompt"])
    tokens = run["prompt"] + run["new"] - 1
    return kv_cache(config, run["batch"], tokens, "bfloat16", prompt=tokens if run["new"] == 1 else 0)


@pytest.mark.parametrize("name", [n for n in measured(NEWEST) if n not in load("kv_cache")["unknown"]])
def test_is_the_cache_of_transformers_to_the_byte(name):
    row = ROWS[NEWEST][name]
    recurrent = any(kept.wide for kept in layers(row["config"]))  # older releases keep states in the model's dtype
    for run in row["runs"]:
        found = estimate(row["config"], run)
        assert found.expected == run["storages"], run
        assert found.low == run["tensors"] or (recurrent and found.low < run["tensors"]), run
        assert found.high >= run["storages"]


@pytest.mark.parametrize("name", [n for n in measured(OLDER) if n not in load("kv_cache")["unknown"]])
def test_older_releases_are_within_the_range(name):
    row = ROWS[OLDER][name]
    for run in row["runs"]:
        found = estimate(row["config"], run)
        assert found.low <= run["storages"] <= found.high, run


def test_the_facts_name_what_was_measured():
    assert load("kv_cache")["measured"] == [n for n in measured(NEWEST) if n not in load("kv_cache")["unknown"]]


@pytest.mark.parametrize(
    ("config", "each"),
    [
        (LLAMA_8B, 131072),
        (DEEPSEEK_V3, 70272),
        ({**LLAMA_8B, "torch_dtype": "float32"}, 262144),
        # 24.00 GiB for 131072 tokens, as vLLM said of Qwen2.5-14B
        ({"model_type": "qwen2", "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8,
          "hidden_size": 5120, "dtype": "bfloat16", "use_sliding_window": False, "sliding_window": 131072}, 196608),
    ],
)  # fmt: skip
def test_a_token_takes(config, each):
    assert bytes_per_token(config) == each


def test_keys_and_values_of_a_latent_may_be_kept_whole():
    found = kv_cache(DEEPSEEK_V3, 1, 1000)
    assert found.low == 70272 * 1000
    assert found.high >= 2 * 61 * 128 * (192 + 128) * 1000


def test_a_window_bounds_the_least_and_a_long_prompt_is_kept_whole_at_first():
    config = {**LLAMA_8B, "model_type": "mistral", "sliding_window": 4096}
    found = kv_cache(config, 2, 10_000)
    assert found.low == 131072 * 4095 * 2
    assert found.expected == 131072 * 10_000 * 2
    assert kv_cache(config, 2, 10_000, prompt=100).expected == 131072 * 4096 * 2
    assert kv_cache(config, 2, 10_000, engine="vllm").high == 131072 * 4096 * 2


def test_what_a_config_leaves_out_is_as_its_class_has_it():
    assert bytes_per_token({"model_type": "llava", "text_config": {"model_type": "llama"}}) == 2 * 32 * 4096 * 2
    assert layers({"model_type": "gemma2"})[0].window == 4096
    small = {"model_type": "llama", "num_hidden_layers": 2, "num_attention_heads": 8, "hidden_size": 64}
    assert bytes_per_token(small) == 2 * 2 * 64 * 2  # not the class's 32 heads of 128


@pytest.mark.parametrize("config", [{}, {"model_type": "xlstm"}, {"model_type": "new-thing"}, {"layer_types": ["odd"]}])
def test_unknown_stays_unknown(config):
    with pytest.raises(Unknown):
        kv_cache(config, 1, 10)


def test_a_new_architecture_of_the_usual_numbers_is_no_exact_one():
    config = {**LLAMA_8B, "model_type": "new-thing"}
    assert kv_cache(config, 1, 10).expected == 131072 * 10
    assert not exact(config)
    assert exact(LLAMA_8B)


@pytest.mark.parametrize("value", [None, "4096", -1, 0, [], {}, 1 << 70, True, 1.5])
def test_strange_numbers_are_no_crash(value):
    for key in ("num_hidden_layers", "num_attention_heads", "head_dim", "sliding_window", "layer_types"):
        with contextlib.suppress(Unknown):
            kv_cache({**LLAMA_8B, key: value}, 1, 100)
