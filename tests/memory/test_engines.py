"""What engines reserve: against start-up logs that were published, and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doctor.environment import Environment
from doctor.llmserving import server
from doctor.memory.engines import Settings, longest_request, plan, settings
from doctor.memory.gpus import Gpu
from doctor.memory.values import Range, Workload
from doctor.model import Unknown
from doctor.target import Target
from tests.deployments import deployment

LOGS = json.loads((Path(__file__).parent / "engine_logs.json").read_text())
GIB = 1 << 30
LLAMA = LOGS["configs"]["Meta-Llama-3-8B"]


def gpu(visible=22.2, name="A10G"):
    return Gpu(name, (8, 6), 80, Range.exactly(int(visible * GIB)), Range(100 << 20, 300 << 20, 500 << 20), known=True)


def of_log(row):
    told = Settings(
        "vllm", tuple(int(n) for n in row["release"].split(".")), row["parallel"], row["share"], row["length"],
        row["requests"], row["tokens"],
    )  # fmt: skip
    weights = Range.exactly(int(row["weights"] * row["parallel"] * GIB))
    return plan(LOGS["configs"][row["model"]], weights, told, gpu(row["visible"]), row["parallel"])


@pytest.mark.parametrize("row", LOGS["rows"], ids=lambda r: f"{r['model']}-{r['parallel']}")
def test_a_steps_activations_are_near_the_log(row):
    term = next(t for t in of_log(row).need.terms if t.name == "activations")
    assert term.size.expected / GIB == pytest.approx(row["activations"], rel=0.15)
    assert term.size.low / GIB <= row["activations"] <= term.size.high / GIB


@pytest.mark.parametrize("row", [r for r in LOGS["rows"] if "cache" in r], ids=lambda r: r["model"])
def test_the_room_for_the_cache_is_in_the_range(row):
    found = of_log(row).cache
    assert found.low / GIB <= max(row["cache"], 0) + 1.6  # that machine had 1.5 GiB more outside torch than others
    assert found.high / GIB >= row["cache"]


@pytest.mark.parametrize("row", LOGS["needed"], ids=lambda r: r["model"])
def test_the_cache_that_a_request_needs_is_as_logged(row):
    config = LOGS["configs"][row["model"]]
    told = Settings("vllm", (0, 9), row["parallel"], 0.9, row["tokens"])
    need = plan(config, Range.exactly(0), told, gpu(80), row["parallel"]).need
    assert need.terms[-1].size.expected / GIB == pytest.approx(row["gib"], rel=0.015)


def test_blocks_are_counted_as_logged():
    row = next(r for r in LOGS["rows"] if "blocks" in r)
    told = Settings("vllm", (0, 8), 2, 0.9, row["blocks"] * 16)
    need = plan(LOGS["configs"][row["model"]], Range.exactly(0), told, gpu(80), 2).need
    assert need.terms[-1].size.expected / GIB == pytest.approx(row["cache"], rel=0.001)


@pytest.mark.parametrize(
    ("told", "weights", "log"),
    [
        (Settings("vllm", (0, 8), 1, 0.9), 16, ""),
        (Settings("vllm", (0, 8), 1, 0.5), 16, "No available memory for the cache blocks"),
        (Settings("vllm", (0, 8), 1, 0.9), 30, "CUDA out of memory"),
        (Settings("vllm", (0, 8), 1, 0.9, 131072, 256, 2048), 16, "max seq len (131072) is larger than the max"),
        (Settings("vllm", (0, 10), 1, 0.9, 131072, 256, 2048), 16, "max seq len (131072), (16.00 GiB KV cache is"),
        (Settings("vllm", (0, 10), 2, 0.9, 131072, 256, 2048), 16, ""),
        (Settings("tgi", (2, 0), 1, 0.5, 4096, 0, 4096), 16, "Not enough memory to handle 4096 prefill tokens"),
        (Settings("sglang", (), 1, 0.4), 16, "Please try to increase --mem-fraction-static"),
    ],
)  # fmt: skip
def test_where_it_does_not_start_the_log_is_told(told, weights, log):
    found = plan(LLAMA, Range.exactly(weights * GIB), told, gpu(), 4)
    assert log in found.log
    assert bool(found.log) == bool(log)


def test_without_settings_only_the_certain_is_told():
    assert plan(LLAMA, Range.exactly(16 * GIB), Settings("vllm"), gpu()).log == ""


def test_context_and_requests_that_fit():
    told = Settings("vllm", (0, 8), 1, 0.9, 8192, 256, 2048)
    found = plan(LLAMA, Range.exactly(15 * GIB), told, gpu())
    assert found.cache.low <= found.cache.expected <= found.cache.high
    assert found.tokens.expected == pytest.approx(found.cache.expected // 131072, rel=0.01)
    assert found.longest == (8192, 8192, 8192)
    assert found.requests.expected == found.cache.expected // (131072 * 8192)
    narrow = plan(LLAMA, Range.exactly(18 * GIB), told._replace(length=32768), gpu())
    assert narrow.longest.expected * 131072 <= narrow.cache.expected < (narrow.longest.expected + 17) * 131072


def test_a_workload_asks_for_more_than_one_request():
    told = Settings("vllm", (0, 8), 1, 0.9, 2048, 256, 2048)
    one = plan(LLAMA, Range.exactly(15 * GIB), told, gpu())
    asked = Workload(batch=64, tokens=1000, new_tokens=1000)
    many = plan(LLAMA, Range.exactly(15 * GIB), told, gpu(), workload=asked)
    assert many.need.terms[-1].size.expected == 64 * 2000 * 131072
    assert one.need.terms[-1].size.expected == 2048 * 131072
    assert many.need.size.low == one.need.size.low  # requests wait for each other: what must be there is the same


def test_latents_are_on_each_gpu_and_heads_divided():
    latent = {
        "model_type": "deepseek_v3", "num_hidden_layers": 4, "num_attention_heads": 8, "hidden_size": 64,
        "kv_lora_rank": 512, "qk_rope_head_dim": 64, "vocab_size": 100, "max_position_embeddings": 160,
    }  # fmt: skip
    told = Settings("vllm", (0, 9), 8)
    sizes = [plan(c, Range.exactly(0), told, gpu(80), 8).need.terms[-1].size.low for c in (latent, LLAMA)]
    assert sizes == [4 * 576 * 160 * 2, 131072 // 8 * 8192]
    assert plan(LLAMA, Range.exactly(0), told._replace(parallel=16), gpu(80), 16).need.terms[-1].size.low == sizes[1]


def test_settings_are_read_from_variables_and_properties():
    models = deployment(artifact={"config.json": json.dumps(LLAMA)}).part("models")
    given = {"SM_VLLM_GPU_MEMORY_UTILIZATION": "0.8", "SM_VLLM_MAX_MODEL_LEN": "4096", "SM_VLLM_MAX_NUM_SEQS": "8",
             "SM_VLLM_ENFORCE_EAGER": "true", "SM_VLLM_KV_CACHE_DTYPE": "fp8"}  # fmt: skip
    handler = deployment(artifact={"config.json": "{}"}, stack="vllm").part("handler")
    found = server(models, handler, "vllm", Target(variables=given))
    environment = Environment("serving", "x", {"vllm": "0.8.5"}, complete=True)
    assert settings(found, environment) == Settings("vllm", (0, 8, 5), 1, 0.8, 4096, 8, 0, "fp8", eager=True)
    halved = plan(LLAMA, Range.exactly(0), settings(found, environment), gpu()).need.terms[-1].size
    assert halved.expected == 4096 * 131072 // 2


def test_the_longest_request_and_models_without_one():
    assert longest_request(LLAMA) == 8192
    assert longest_request({}) == 0
    with pytest.raises(Unknown):
        plan({"model_type": "xlstm"}, Range.exactly(0), Settings("vllm"), gpu())
