"""
Writes what a config.json may leave out: the defaults of transformers' config classes, into doctor/facts/kv_cache.json.

    python benchmarks/kv_cache_defaults.py

It needs an interpreter with transformers. Settings that a class computes from others (a head's size from the hidden
size) are no defaults: they are told by building each config again with more heads, and with a larger hidden size.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "doctor" / "facts" / "kv_cache.json"
READ_BY = ("architecture.py", "generation.py", "recurrent.py")
HEADS = (
    "num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads", "attention_heads",
    "num_decoder_attention_heads",
)  # fmt: skip
WIDTHS = ("hidden_size", "d_model", "n_embd", "dim", "emb_dim")
DEPTHS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "num_decoder_layers")
LISTS = ("layer_types", "layers_block_type")
INNER = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")


def keys() -> set[str]:
    """Return the settings that the formulas read: every name in their text that may be one."""
    text = "".join((ROOT / "doctor" / "memory" / name).read_text() for name in READ_BY)
    return {*re.findall(r'"([a-zA-Z_0-9]{3,})"', text), *HEADS, *WIDTHS, *DEPTHS, *LISTS}


def taken(config: Any, wanted: set[str]) -> dict[str, Any]:
    """Return the settings of one config that are numbers, switches that are on, or lists of layers."""
    has = config.to_dict()
    row: dict[str, Any] = {}
    for key in sorted(wanted & has.keys()):
        value = has[key]
        if key in LISTS and isinstance(value, list):
            row[key] = period(value)
        elif value is True or type(value) is int or (isinstance(value, list) and value and type(value[0]) is int):
            row[key] = value
        elif key == "attn_config" and isinstance(value, dict) and "kv_n_heads" in value:
            row[key] = {"kv_n_heads": value["kv_n_heads"]}
    if has.get("use_sliding_window") is False:
        row["use_sliding_window"] = False
    return row


def period(names: list[str]) -> list[str]:
    """Return the shortest list that, repeated, gives another."""
    sizes = range(1, len(names) + 1)
    return next((names[:n] for n in sizes if all(names[i] == names[i % n] for i in range(len(names)))), names)


def defaults(model_type: str, wanted: set[str]) -> dict[str, Any]:
    """Return the defaults of one type that aren't computed from others."""
    config = made(model_type)
    has, row = (config.to_dict(), taken(config, wanted)) if config is not None else ({}, {})
    larger = [{k: has[k] * 2 for k in sizes if type(has.get(k)) is int} for sizes in (HEADS, WIDTHS)]
    again = [made(model_type, **sizes) for sizes in larger]
    if config is None or None in again:
        return {}
    others = [taken(other, wanted) for other in again]
    own = {*HEADS, *WIDTHS, *DEPTHS, *LISTS}
    return {k: v for k, v in row.items() if k in own or all(other.get(k) == v for other in others)}


def made(model_type: str, **given: int) -> Any:
    """Return the config of a type as its class has it, None where that can't be built."""
    from transformers import AutoConfig

    try:
        return AutoConfig.for_model(model_type, **given)
    except Exception as error:  # noqa: BLE001 - classes raise what they like
        print(f"{model_type}: {error!r}"[:160])
        return None


def every_type() -> dict[str, None]:
    """Return the model types that generate, and those of their text parts."""
    from transformers.models.auto import modeling_auto as auto

    names: dict[str, None] = {}
    for mapping in ("CAUSAL_LM", "SEQ_TO_SEQ_CAUSAL_LM", "SPEECH_SEQ_2_SEQ", "IMAGE_TEXT_TO_TEXT"):
        names |= dict.fromkeys(getattr(auto, f"MODEL_FOR_{mapping}_MAPPING_NAMES"))
    for name in list(names):
        config = made(name)
        inner = (getattr(config, part, None) for part in INNER)
        names |= {i.model_type: None for i in inner if getattr(i, "model_type", "")}
    return names


def main() -> None:
    """Write the defaults; types whose config can't be built twice stay as they are."""
    facts = json.loads(FACTS.read_text())
    wanted = keys()
    for name in every_type():
        facts["defaults"][name] = found if (found := defaults(name, wanted)) else facts["defaults"].get(name, {})
    rows = {k: v for k, v in facts.items() if k != "defaults"}
    head = json.dumps(rows, indent=1).rstrip("\n }")
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(facts["defaults"].items()))
    FACTS.write_text(head + ',\n "defaults": {\n' + lines + "\n }\n}\n")


if __name__ == "__main__":
    main()
