"""
Measures the caches of generation that transformers really keeps: tiny random models of each architecture, on a CPU.

Each row of ``tests/memory/kv_cache.json`` is one architecture under one release of transformers: the part of its
config.json that says how large its cache is, and for some batches, prompts and new tokens the bytes of the cache's
tensors, and of the storages that they keep.

    python benchmarks/kv_cache.py tests/memory/kv_cache.json [MODEL_TYPE ...]

It needs an interpreter with torch and transformers; each model is built in a process of its own, which may take 60 s
and 6 GiB. Rows of architectures that weren't named stay as they are. The formulas are in
``doctor/memory/generation.py``; a test compares them with the rows.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

SECONDS, MEMORY = 60, 6 << 30
# batch, tokens of the prompt, new tokens; the window of those that have one is 16, so the last two are past it
RUNS = ((1, 7, 1), (2, 7, 1), (1, 40, 1), (1, 40, 5))
# What is made smaller, where a config has it.
SMALL = {
    "num_hidden_layers": 4, "n_layer": 4, "n_layers": 4, "num_layers": 4, "encoder_layers": 2, "decoder_layers": 3,
    "num_decoder_layers": 3, "hidden_size": 64, "n_embd": 64, "d_model": 64, "intermediate_size": 96, "ffn_dim": 96,
    "d_ff": 96, "d_kv": 12, "n_inner": 96, "dff": 96, "encoder_ffn_dim": 96, "decoder_ffn_dim": 96,
    "ffn_hidden_size": 96, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32, "vocab_size": 300,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1, "num_local_experts": 4,
    "num_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "moe_top_k": 2,
    "top_k_experts": 2, "sliding_window": 16, "window_size": 16, "attention_window": 16, "local_window_size": 16,
    "attention_chunk_size": 16, "max_position_embeddings": 512, "n_positions": 512, "n_ctx": 512, "max_seq_len": 512,
    "max_target_positions": 128, "max_source_positions": 50, "num_mel_bins": 16, "kv_lora_rank": 20,
    "q_lora_rank": 24, "qk_rope_head_dim": 8, "qk_nope_head_dim": 12, "v_head_dim": 14, "num_attention_heads": 4,
    "n_head": 4, "n_heads": 4, "num_heads": 4, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "head_dim": 16, "state_size": 8, "time_step_rank": 4, "mamba_d_state": 8, "mamba_dt_rank": 4,
    "vocab_size_per_layer_input": 300, "hidden_size_per_layer_input": 8, "index_head_dim": 12, "index_n_heads": 2,
    "rotary_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8,
    "linear_value_head_dim": 12, "linear_head_dim": 12, "linear_num_heads": 4, "attention_window_size": 16,
}  # fmt: skip
FEWER = ("num_key_value_heads", "n_head_kv", "num_kv_heads", "multi_query_group_num")
# What the rule above gets wrong: settings that must fit each other.
OWN: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1, 3], "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 8},
    "falcon_h1": {"mamba_d_ssm": 128, "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 8},
    "granitemoehybrid": {
        "layer_types": ["mamba", "attention", "mamba", "attention"], "mamba_n_heads": 8, "mamba_d_head": 16,
    },
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1},
    "mamba2": {"num_heads": 8, "head_dim": 16, "n_groups": 2},
    "zamba2": {
        "n_mamba_heads": 8, "hybrid_layer_ids": [1, 3], "mamba_headdim": 16,

        "layers_block_type": ["mamba", "hybrid"] * 2, "attention_head_dim": 32, "attention_hidden_size": 128,
        "mamba_d_state": 8,
    },
    "zamba": {
        "num_hidden_layers": 6, "attn_layer_period": 3, "attn_layer_offset": 1, "attention_head_dim": 32,
        "attention_hidden_size": 128,
    },
    "dbrx": {"attn_config": {"kv_n_heads": 2, "rope_theta": 10000.0}},
    "hunyuan_v1_dense": {"head_dim": 16},
    "hunyuan_v1_moe": {"head_dim": 16},
    "ministral": {"head_dim": 16},
    "nemotron": {"head_dim": 16},
    "mllama": {"cross_attention_layers": [1]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"] * 2, "num_dense_layers": 1},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "gemma3n_text": {
        "num_hidden_layers": 6, "layer_types": ["sliding_attention", "full_attention"] * 3, "num_kv_shared_layers": 2,
        "intermediate_size": [96] * 6, "activation_sparsity_pattern": [0.0] * 6,
    },
    "kimi_linear": {"layer_types": ["linear_attention", "full_attention"] * 2, "mlp_layer_types": ["dense"] * 4},
    "qwen3_next": {"layer_types": ["linear_attention"] * 3 + ["full_attention"]},
    "gpt_neo": {"attention_types": [[["global", "local"], 2]]},
    "bailing_hybrid": {"layer_group_size": 2, "num_expert_group": 1, "topk_group": 1, "num_experts_per_token": 2},
    "recurrent_gemma": {"lru_width": 64},
    "mpt": {"n_heads": 4, "d_model": 64},
    "gpt_bigcode": {"multi_query": True},
    "falcon": {"multi_query": True, "new_decoder_architecture": False},
    "gpt_oss": {"layer_types": ["sliding_attention", "full_attention"] * 2},
    "gemma2": {"layer_types": ["sliding_attention", "full_attention"] * 2},
    "gemma3_text": {"layer_types": ["sliding_attention"] * 3 + ["full_attention"]},
    "cohere2": {"layer_types": ["sliding_attention"] * 3 + ["full_attention"]},
    "minimax": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "nemotron_h": {"mamba_num_heads": 8, "mamba_head_dim": 16, "ssm_state_size": 8, "n_groups": 2},
}  # fmt: skip
NOT_OF_CACHE = {
    "chunk_size_feed_forward", "vocab_size", "max_position_embeddings", "pad_token_id", "bos_token_id", "eos_token_id",
    "return_dict", "architectures", "mlp_layer_types", "rope_parameters", "use_cache", "tie_word_embeddings",
}  # fmt: skip
SWITCHES = ("use_sliding_window", "sliding_window")
SLOW = {"blt"}  # its patcher alone is too large to build
TEXT = ("text_config", "decoder_config")


def small(config: Any) -> dict[str, Any]:
    """Return settings that make a config's model tiny and keep its shape: grouped heads stay grouped."""
    has = config.to_dict()
    given = {k: v for k, v in SMALL.items() if type(has.get(k)) is int}
    heads = next((has[k] for k in ("num_attention_heads", "n_head", "n_heads", "num_heads") if k in has), 0)
    for key in FEWER:
        if type(has.get(key)) is int:
            given[key] = 1 if has[key] == 1 else 2 if has[key] < heads else 4
    if "qk_rope_head_dim" in has:
        given.pop("head_dim", None)  # one is the other's second name
    return {**given, **OWN.get(config.model_type, {})}


def tiny(model_type: str) -> Any:
    """Return a config of a type, made small, its text part too."""
    from transformers import AutoConfig

    base = AutoConfig.for_model(model_type)
    given = small(base)
    for name in TEXT:
        inner = getattr(base, name, None)
        if hasattr(inner, "to_dict"):
            given[name] = {"model_type": inner.model_type, **small(inner)}
    if "is_decoder" in base.to_dict() and not base.is_encoder_decoder:
        given["is_decoder"] = True
    return AutoConfig.for_model(model_type, **given)


def tensors(value: Any, seen: dict[int, Any]) -> None:
    """Collect the tensors below a value, by identity; single numbers are counters and left out."""
    import torch

    if isinstance(value, torch.Tensor):
        if value.numel() > 1:
            seen[id(value)] = value
    elif isinstance(value, dict):
        for part in value.values():
            tensors(part, seen)
    elif isinstance(value, (list, tuple)):
        for part in value:
            tensors(part, seen)
    elif hasattr(value, "__dict__"):
        tensors(vars(value), seen)


def kept(cache: Any) -> dict[str, int]:
    """Return the bytes of a cache's tensors, and of the storages that those keep from being freed."""
    found: dict[int, Any] = {}
    tensors(cache, found)
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in found.values()}
    return {"tensors": sum(t.numel() * t.element_size() for t in found.values()), "storages": sum(storages.values())}


def shapes(cache: Any) -> list[Any]:
    """Return what each layer holds, to look at."""
    rows = []
    for layer in getattr(cache, "layers", [cache]):
        found: dict[int, Any] = {}
        tensors(layer, found)
        rows.append([type(layer).__name__, *([*t.shape, str(t.dtype)[6:]] for t in found.values())])
    return rows


def model(config: Any) -> Any:
    """Return a random model of a config with a language model's head, in bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSpeechSeq2Seq

    torch.manual_seed(0)
    classes = (
        (AutoModelForSeq2SeqLM, AutoModelForSpeechSeq2Seq) if config.is_encoder_decoder else (AutoModelForCausalLM,)
    )
    made = next(c for c in classes if type(config) in c._model_mapping)  # noqa: SLF001 - nothing public tells
    return made.from_config(config, dtype=torch.bfloat16).eval()


def cache_of(network: Any, batch: int, prompt: int, new: int) -> Any:
    """
    Return the cache after a prompt, or after generating: it holds the prompt's tokens and all new ones but the last.

    Of an encoder and decoder, the prompt is the encoder's and the decoder is given as many tokens as are new.
    """
    import torch

    ids = torch.randint(3, 250, (batch, prompt))
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if network.main_input_name == "input_features":
        frames = 2 * network.config.max_source_positions
        given = {"input_features": torch.zeros(batch, network.config.num_mel_bins, frames, dtype=torch.bfloat16)}
    with torch.no_grad():
        if network.config.is_encoder_decoder:
            given["decoder_input_ids"] = torch.randint(3, 250, (batch, new))
        if new == 1 or network.config.is_encoder_decoder:
            return _cache(network(**given, use_cache=True))
        options = {"max_new_tokens": new, "min_new_tokens": new, "do_sample": False, "eos_token_id": None}
        made = network.generate(**given, **options, use_cache=True, return_dict_in_generate=True)
    return _cache(made)


def _cache(output: Any) -> Any:
    """Return the cache of an output, whatever its architecture calls it."""
    return next(output[n] for n in ("past_key_values", "cache_params", "state", "past_buckets_states") if n in output)


def measure(model_type: str) -> dict[str, Any]:
    """Return the row of one architecture."""
    config = tiny(model_type)
    network = model(config)
    runs = []
    for batch, prompt, new in RUNS:
        cache = cache_of(network, batch, prompt, new)
        runs.append({"batch": batch, "prompt": prompt, "new": new, **kept(cache)})
    return {"config": plain(config.to_dict()), "runs": runs, "layers": shapes(cache)}


def plain(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a config that may say what is cached: counts, switches that are on, lists of layers."""
    inner = (*TEXT, "attn_config", "per_layer_config", "linear_attn_config")
    kept: dict[str, Any] = {"model_type": config.get("model_type")}
    of_cache = {k: v for k, v in config.items() if k not in NOT_OF_CACHE and not k.startswith("vision")}
    for key, value in of_cache.items():
        if key in inner and isinstance(value, dict):
            kept[key] = {k: plain(v) if isinstance(v, dict) else v for k, v in plain(value).items()}
        elif isinstance(value, dict) and key.isdigit():
            kept[key] = plain(value)
        elif value is True or type(value) is int or (isinstance(value, list) and len(value) < 9) or key in SWITCHES:
            kept[key] = value
    return kept


def apart(model_type: str) -> dict[str, Any]:
    """Measure in a process of its own, with limits."""
    into, out = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            row = measure(model_type)
        except BaseException as error:  # noqa: BLE001 - whatever a model does is its row
            row = {"error": f"{type(error).__name__}: {error}"[:300]}
        with os.fdopen(out, "w") as pipe:
            pipe.write(json.dumps(row, default=str))
        os._exit(0)
    os.close(out)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(SECONDS)
    with os.fdopen(into) as pipe:
        text = pipe.read()
    signal.alarm(0)
    os.waitpid(child, 0)
    return json.loads(text) if text else {"error": f"not done in {SECONDS} s"}


def written(rows: dict[str, Any]) -> str:
    """Return rows as JSON, an architecture a line."""
    parts = []
    for version, of_version in rows.items():
        lines = ",\n".join(f"  {json.dumps(n)}: {json.dumps(row)}" for n, row in sorted(of_version.items()))
        parts.append(f" {json.dumps(version)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(path: Path, names: list[str]) -> None:
    """Measure architectures, all that generate without any, and write their rows."""
    import torch
    import transformers
    from transformers.models.auto import modeling_auto as auto

    torch.set_num_threads(1)
    every = [*auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, *auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES, "whisper"]
    every_row = json.loads(path.read_text()) if path.exists() else {}
    rows = every_row.setdefault(transformers.__version__, {})
    for name in names or [n for n in dict.fromkeys(every) if n not in SLOW]:
        started = time.time()
        rows[name] = apart(name)
        print(f"{name}: {rows[name].get('error') or rows[name]['runs'][-1]} {time.time() - started:.1f} s", flush=True)
        path.write_text(written(every_row))
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
