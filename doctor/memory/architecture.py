"""The numbers of a config.json that say how a model generates, whatever its architecture calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor.facts import load
from doctor.model import Unknown

_TEXT = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")


class Architecture:
    """The numbers of a config.json, with the defaults of its model type where it leaves them out."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = text_part(config)
        self.model_type = str(self.config.get("model_type") or config.get("model_type") or "")
        self.facts = load("kv_cache")
        self._defaults: Mapping[str, Any] = self.facts["defaults"].get(self.model_type, {})

    def value(self, *names: str) -> Any:
        """Return the first of some settings that is set, then the first that has a default."""
        found = (self.config[n] for n in names if self.config.get(n) is not None)
        usual = (self._defaults[n] for n in names if n not in self.config and n in self._defaults)
        return next(found, next(usual, None))

    def number(self, *names: str, instead: int = 0) -> int:
        """Return the first of some settings that is a count; Unknown where there is none and nothing stands instead."""
        found = self.value(*names)
        if type(found) is int and 0 < found < 1 << 40:
            return found
        if not instead:
            raise Unknown(f"config.json of {self.model_type or 'the model'} has no {names[0]}")
        return instead

    def own(self, layer: int) -> tuple[tuple[str, int], ...]:
        """Return the settings that only one layer has."""
        all_own = self.config.get("per_layer_config")
        given = all_own.get(str(layer)) if isinstance(all_own, dict) else None
        return tuple(sorted((k, v) for k, v in given.items() if type(v) is int)) if isinstance(given, dict) else ()

    def of_layer(self, own: tuple[tuple[str, int], ...]) -> Architecture:
        """Return the same with the settings that only some layer has."""
        return Architecture({**self.config, "model_type": self.model_type, **dict(own)}) if own else self

    @property
    def encoder_decoder(self) -> bool:
        """Whether a decoder also attends to what an encoder made of the input."""
        return bool(self.value("is_encoder_decoder"))

    @property
    def depth(self) -> int:
        """Layers of the decoder."""
        if self.encoder_decoder:
            return self.number("decoder_layers", "num_decoder_layers", "num_layers", "num_hidden_layers", "n_layer")
        listed = self.value("layers_block_type")
        return self.number(
            "num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers",
            instead=len(listed) if isinstance(listed, list) else 0,
        )  # fmt: skip

    @property
    def hidden(self) -> int:
        """Numbers that stand for a token between layers."""
        return self.number("hidden_size", "d_model", "n_embd", "dim")

    @property
    def heads(self) -> int:
        """Heads that ask."""
        first = ("decoder_attention_heads", "num_decoder_attention_heads") if self.encoder_decoder else ()
        names = (*first, "num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads")
        return self.number(*names, "decoder_attention_heads")

    @property
    def head(self) -> int:
        """Numbers of one head's key."""
        named = self.value("head_dim", "d_kv", "attention_head_dim", "kv_channels")
        return named if type(named) is int and named > 0 else max(1, self.hidden // self.heads)

    @property
    def key_heads(self) -> int:
        """Heads that keys and values have."""
        inner = self.value("attn_config")
        given = inner.get("kv_n_heads") if isinstance(inner, dict) else None
        given = given or self.value("num_key_value_heads", "multi_query_group_num")
        if self.value("multi_query") is True and not self.value("new_decoder_architecture"):
            return 1
        given = given or self.value("num_kv_heads", "n_head_kv")
        return given if type(given) is int and given > 0 else self.heads


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a config that describes the model that generates."""
    for name in _TEXT:
        inner = config.get(name)
        if isinstance(inner, dict) and inner:
            return text_part(inner)
    return config
