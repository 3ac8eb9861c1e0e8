"""
Measures the bytes that weights really take once transformers has loaded them, on a CPU, by dtype and quantization.

    python benchmarks/loaded_weights.py tests/memory/loaded_weights.json

Each row: the tensors of the saved files (names, dtypes, shapes), the config, what was passed to from_pretrained, and
the bytes of the loaded model's parameters and buffers. It needs an interpreter with torch and transformers, and
bitsandbytes for the rows that it quantizes; without it those rows stay as they are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

MODELS = {
    "llama": {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2, "num_attention_heads": 4,
              "num_key_value_heads": 2, "vocab_size": 1000, "pad_token_id": 0},
    "gpt2": {"n_embd": 256, "n_layer": 2, "n_head": 4, "vocab_size": 1000, "n_positions": 128},
    "gemma2": {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4,
               "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 1000},
}  # fmt: skip


def held(network: Any) -> int:
    """Return the bytes of a model's parameters and buffers, and of what bitsandbytes keeps beside them."""
    seen: dict[int, int] = {}

    def add(tensor: Any) -> None:
        if tensor is not None and hasattr(tensor, "untyped_storage"):
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()

    for parameter in network.parameters():
        add(parameter.data)
        state = getattr(parameter, "quant_state", None)
        for part in (getattr(state, "absmax", None), getattr(parameter, "SCB", None), getattr(state, "offset", None)):
            add(part)
        nested = getattr(state, "state2", None)
        add(getattr(nested, "absmax", None))
    for module in network.modules():
        add(getattr(getattr(module, "state", None), "SCB", None))
    return sum(seen.values())


def options() -> dict[str, dict[str, Any]]:
    """Return what is passed to from_pretrained, by a name for it."""
    import torch
    from transformers import BitsAndBytesConfig

    found: dict[str, dict[str, Any]] = {
        "plain": {}, "auto": {"dtype": "auto"},
        "float16": {"dtype": torch.float16}, "float32": {"dtype": torch.float32},
    }  # fmt: skip
    try:
        import bitsandbytes  # noqa: F401 - that it is there
    except ImportError:
        return found
    short = {"dtype": torch.float16, "device_map": {"": "cpu"}}
    found["4bit"] = {**short, "quantization_config": BitsAndBytesConfig(load_in_4bit=True)}
    double = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_use_double_quant=True)
    found["4bit-double"] = {**short, "quantization_config": double}
    found["8bit"] = {**short, "quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    return found


def tensors(folder: Path) -> list[list[Any]]:
    """Return name, dtype and shape of the tensors of saved files."""
    from safetensors import safe_open

    found = []
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no dict
                tensor = file.get_tensor(name)
                found.append([name, str(tensor.dtype)[6:], list(tensor.shape)])
    return found


def main(path: Path) -> None:
    """Save and load each model in each way, and write the rows."""
    import torch
    import transformers

    rows = json.loads(path.read_text()) if path.exists() else {}
    for model_type, settings in MODELS.items():
        config = transformers.AutoConfig.for_model(model_type, **settings)
        torch.manual_seed(0)
        for stored in ("float32", "bfloat16"):
            made = transformers.AutoModelForCausalLM.from_config(config).to(getattr(torch, stored))
            with tempfile.TemporaryDirectory() as folder:
                made.save_pretrained(folder)
                for name, passed in options().items():
                    loaded = transformers.AutoModelForCausalLM.from_pretrained(folder, **passed)
                    key = f"{transformers.__version__}/{model_type}/{stored}/{name}"
                    said = json.loads((Path(folder) / "config.json").read_text())
                    rows[key] = {"tensors": tensors(Path(folder)), "config": said, "loaded": held(loaded)}
                    print(key, rows[key]["loaded"])
    path.write_text("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(rows.items())) + "\n}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
