"""Artifacts for the servers of large models, made in memory."""

from __future__ import annotations

import json

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_attention_heads": 8, "num_hidden_layers": 1,
    "tie_word_embeddings": False, "max_position_embeddings": 4096,
}  # fmt: skip
NAMES = ("model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight", "lm_head.weight")


def safetensors(*names):
    header = {n: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, n in enumerate(names)}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(4 * len(names))


def llama(names=NAMES, properties=None, **changes):
    files = {"config.json": json.dumps({**LLAMA, **changes}), "model.safetensors": safetensors(*names)}
    return {**files, "serving.properties": properties} if properties else files
