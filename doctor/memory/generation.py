"""
What generating keeps beside the weights: keys and values of earlier tokens, and the states of recurrent layers.

All of it follows from config.json. ``layers`` says what the layers of an architecture keep; ``kv_cache`` what that
takes for requests of a length. Ranges: *low* is what attention must at least keep (a window's tokens where there is
one, a latent vector where keys and values are made of one); *expected* is the most that the cache holds while a
request is answered, to the byte for the architectures that were measured (transformers keeps a long prompt whole in
windowed layers until the first new token); *high* takes a library that knows no windows or latents, and one layer's
keys and values once more, since they are copied when they grow. ``doctor/facts/kv_cache.json`` has the defaults that a
config.json may leave out; the architectures measured are rows of ``tests/memory/kv_cache.json``. One that isn't known
is Unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.base import ITEM_BYTES
from doctor.memory.values import Range
from doctor.model import Unknown

ENGINES = ("transformers", "vllm", "tgi", "sglang")
_WIDE = 4  # bytes of what recurrent layers keep in float32 whatever the model's dtype
_TEXT = ("text_config", "llm_config", "language_config", "decoder", "thinker_config")


class Kept(NamedTuple):
    """
    What each of some layers keeps of a request.

    Args:
        layers: how many of them keep the same.
        token: numbers of one token; 0 for layers that keep none.
        window: most tokens that are kept, 0 without a limit.
        state: numbers that are kept of a request whatever its length.
        wide: numbers of the same kind that are float32 whatever the model's dtype.
        crossed: whether the tokens are the encoder's.
        expanded: numbers of one token where a library keeps keys and values that ``token`` makes; 0 where none does.
        heads: that may be divided over GPUs; 1 where each GPU keeps all of it.
    """

    layers: int
    token: int = 0
    window: int = 0
    state: int = 0
    wide: int = 0
    crossed: bool = False
    expanded: int = 0
    heads: int = 1


class Architecture:
    """The numbers of a config.json, with the defaults of its model type where it leaves them out."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = _text_part(config)
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


def layers(config: Mapping[str, Any]) -> tuple[Kept, ...]:
    """Return what the layers of a model keep of a request; Unknown for an architecture that isn't known."""
    made = Architecture(config)
    if made.model_type in made.facts["unknown"]:
        raise Unknown(f"what {made.model_type} keeps while it generates isn't known")
    if made.model_type in made.facts["without"]:
        return ()
    alike = Counter((kind, made.own(i)) for i, kind in enumerate(_kinds(made)))
    found = [_kept(made.of_layer(own), kind, count) for (kind, own), count in alike.items() if kind != "none"]
    if made.encoder_decoder:
        found += [kept._replace(crossed=True, window=0) for kept in found]
    return tuple(found)


def kv_cache(
    config: Mapping[str, Any], batch: int, tokens: int, dtype: str = "", *, prompt: int = -1, encoded: int = -1,
    engine: str = "transformers",
) -> Range:  # fmt: skip
    """
    Return the bytes that requests keep while they are answered.

    Args:
        config: of config.json.
        batch: requests that are answered together; beams count each.
        tokens: in the cache when the last token is made: of the prompt, and of the answer all but the last.
        dtype: of the cache, the config's where none is given.
        prompt: how many of the tokens came at once, all where it isn't said.
        encoded: tokens of an encoder, ``prompt`` where it isn't said.
        engine: one of ENGINES.
    """
    kept = layers(config)
    wide = item_bytes(config, dtype)
    prompt = tokens if prompt < 0 else min(prompt, tokens)
    encoded = _encoded(config, prompt if encoded < 0 else encoded)
    if engine != "transformers":
        held = _sum(kept, wide, encoded, lambda k: _within(k, tokens))
        return Range.exactly(held * batch)
    least = [k._replace(state=k.state + k.wide, wide=0) if wide < _WIDE else k for k in kept]
    low = _sum(least, wide, encoded, lambda k: min(tokens, k.window - 1) if k.window else tokens)
    end = _sum(kept, wide, encoded, lambda k: _within(k, tokens))
    first = _sum(kept, wide, encoded, lambda _: prompt)
    full = _sum([k._replace(token=max(k.token, k.expanded)) for k in kept], wide, encoded, lambda _: tokens)
    grown = int(max((max(k.token, k.expanded) for k in kept), default=0) * tokens * wide)
    return Range(low * batch, max(end, first) * batch, (full + grown) * batch)


def bytes_per_token(config: Mapping[str, Any], dtype: str = "") -> int:
    """Return the bytes that each token more takes, once it is past all windows."""
    kept = [k for k in layers(config) if not k.window and not k.crossed]
    return int(sum(k.layers * k.token for k in kept) * item_bytes(config, dtype))


def exact(config: Mapping[str, Any]) -> bool:
    """Say whether the architecture is among those that were measured."""
    return Architecture(config).model_type in load("kv_cache")["measured"]


def item_bytes(config: Mapping[str, Any], dtype: str = "") -> float:
    """Return the bytes of one number of the cache: of the dtype given, else as the config says, 2 where it doesn't."""
    part = _text_part(config)
    named = dtype or part.get("dtype") or part.get("torch_dtype") or config.get("dtype") or config.get("torch_dtype")
    return ITEM_BYTES.get(_ALIASES.get(str(named), str(named)).removeprefix("torch."), 2)


_ALIASES = {"fp8": "float8_e4m3fn", "fp8_e4m3": "float8_e4m3fn", "fp8_e5m2": "float8_e5m2", "half": "float16"}


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a config that describes the model that generates."""
    for name in _TEXT:
        inner = config.get(name)
        if isinstance(inner, dict) and inner:
            return _text_part(inner)
    return config


def _within(kept: Kept, tokens: int) -> int:
    return min(tokens, kept.window) if kept.window else tokens


def _sum(kept: Any, wide: float, encoded: int, length: Callable[[Kept], int]) -> int:
    """Return the bytes of one request, with the tokens that each kind of layer keeps."""
    total = 0.0
    for each in kept:
        tokens = encoded if each.crossed else length(each)
        total += each.layers * ((each.token * tokens + each.state) * wide + each.wide * _WIDE)
    return int(total)


def _encoded(config: Mapping[str, Any], tokens: int) -> int:
    """Return the tokens of the encoder: those of a sound are always as many."""
    fixed = _text_part(config).get("max_source_positions")
    return fixed if config.get("model_type") == "whisper" and type(fixed) is int else tokens


# --- which kind each layer is -----------------------------------------------------------------------------------------


def _kinds(made: Architecture) -> list[str]:
    """Return a word for each layer: "full", "sliding", "indexed", "state", "both", "none"."""
    named = _named(made)
    words = made.facts["words"]
    strange = next((n for n in named if n not in words), None)
    if strange is not None:
        raise Unknown(f"config.json names layers of a kind that isn't known: {strange!r}")
    kinds = [words[n] for n in named]
    reused = made.value("num_kv_shared_layers")
    if type(reused) is int and 0 < reused < len(kinds):
        kinds[-reused:] = ["none"] * reused
    return kinds


def _named(made: Architecture) -> list[str]:
    """Return the names of the layers: as the config lists them, as its numbers say, or as is usual for its type."""
    depth = made.depth
    for name in ("layer_types", "layers_block_type", "hybrid_override_pattern"):
        given = made.config.get(name)
        if given and isinstance(given, (list, str)):
            return _repeated([str(n) for n in given], depth)
    crossed = made.value("cross_attention_layers")
    if isinstance(crossed, list):
        return ["none" if i in crossed else "full" for i in range(depth)]
    positions = _positions(made, depth)
    if positions is not None:
        attends = "both" if made.model_type in made.facts["both"] else "full"
        return [attends if i in positions else "state" for i in range(depth)]
    if made.model_type in made.facts["states"] and not made.value("layer_types", "layers_block_type"):
        return ["both" if made.model_type in made.facts["both"] else "state"] * depth
    return _windowed(made, depth)


def _repeated(names: list[str], depth: int) -> list[str]:
    return [names[i % len(names)] for i in range(depth)]


def _windowed(made: Architecture, depth: int) -> list[str]:
    pattern, usual = made.config.get("sliding_window_pattern"), made.value("layer_types", "layers_block_type")
    if not _window(made) and not (usual and made.model_type in made.facts["states"]):
        return ["full"] * depth
    if type(pattern) is int and pattern > 1:
        return ["sliding" if (i + 1) % pattern else "full" for i in range(depth)]
    if isinstance(usual, list) and usual:
        return _repeated(usual, depth)
    first = made.value("max_window_layers")
    return ["sliding" if type(first) is not int or i >= first else "full" for i in range(depth)]


def _positions(made: Architecture, depth: int) -> set[int] | None:
    """Return which layers attend, None where nothing says."""
    for name in ("attn_layer_indices", "full_attn_idxs", "hybrid_layer_ids"):
        given = made.value(name)
        if isinstance(given, list):
            return {i for i in given if type(i) is int}
    period, offset = made.value("attn_layer_period"), made.value("attn_layer_offset")
    if type(period) is int and period > 0 and type(offset) is int:
        return {i for i in range(depth) if i % period == offset}
    every = made.value("full_attention_interval", "layer_group_size")
    if type(every) is int and every > 0:
        return {i for i in range(depth) if (i + 1) % every == 0}
    return _listed(made)


def _listed(made: Architecture) -> set[int] | None:
    listed = made.value("attn_type_list")
    if isinstance(listed, list):
        return {i for i, kind in enumerate(listed) if kind == 1}
    inner = made.value("linear_attn_config")
    given = inner.get("full_attn_layers") if isinstance(inner, dict) else None
    return {i - 1 for i in given if type(i) is int} if isinstance(given, list) else None


def _window(made: Architecture) -> int:
    """Return the tokens of windowed layers, 0 where none are."""
    if made.value("use_sliding_window") is False:
        return 0
    found = made.value("sliding_window", "attention_chunk_size", "attention_window_size")
    return found if type(found) is int and found > 0 else 0


# --- what a layer of a kind keeps -------------------------------------------------------------------------------------


def _kept(made: Architecture, kind: str, count: int) -> Kept:
    if kind == "state":
        state, wide = _state(made)
        return Kept(count, state=state, wide=wide)
    if kind == "full" and made.value("global_head_dim"):
        named = {"head_dim": "global_head_dim", "num_key_value_heads": "num_global_key_value_heads"}
        made = made.of_layer(tuple((k, v) for k, n in named.items() if type(v := made.value(n)) is int))
    kept = _attention(made, count)
    if kind == "both":
        state, wide = _state(made)
        return kept._replace(state=state, wide=wide)
    if kind == "indexed":
        return kept._replace(token=kept.token + made.number("index_head_dim"))
    return kept._replace(window=_window(made)) if kind == "sliding" else kept


def _attention(made: Architecture, count: int) -> Kept:
    """Return the keys and values of a layer, or the latent vector that both are made of."""
    latent = made.value("kv_lora_rank")
    if type(latent) is int and latent > 0:
        turned = made.number("qk_rope_head_dim")
        across = made.number("qk_nope_head_dim", instead=turned) + turned + made.number("v_head_dim", instead=made.head)
        return Kept(count, latent + turned, expanded=made.heads * across)
    heads, head = made.key_heads, made.head
    return Kept(count, heads * (head + _value_head(made, head)), heads=heads)


def _value_head(made: Architecture, head: int) -> int:
    found = made.value("v_head_dim")
    return found if type(found) is int and found > 0 else head


def _state(made: Architecture) -> tuple[int, int]:
    """Return the numbers that a recurrent layer keeps: in the model's dtype, and in float32."""
    rule = made.facts["states"].get(made.model_type)
    if rule is None:
        raise Unknown(f"what recurrent layers of {made.model_type} keep isn't known")
    return _STATES[rule](made)


def _mamba(made: Architecture) -> tuple[int, int]:
    inner = _inner(made)
    return inner * _kernel(made), inner * made.number("state_size", "mamba_d_state")


def _mamba2(made: Architecture) -> tuple[int, int]:
    inner = _inner(made)
    state = made.number("state_size", "mamba_d_state", "ssm_state_size")
    groups = made.number("mamba_n_groups", "n_groups", "mamba_ngroups", instead=1)
    return (inner + 2 * groups * state) * _kernel(made), inner * state


def _inner(made: Architecture) -> int:
    """Return the width of a state space layer."""
    heads = made.value("mamba_n_heads", "mamba_num_heads", "num_heads")
    head = made.value("mamba_d_head", "mamba_head_dim", "head_dim")
    if made.model_type in {"mamba", "falcon_mamba"}:
        return made.number("intermediate_size", instead=made.number("expand", instead=2) * made.hidden)
    given = made.value("mamba_d_ssm")
    if type(given) is int and given > 0:
        return given
    if made.model_type not in {"zamba", "zamba2", "jamba"} and type(heads) is int and type(head) is int:
        return heads * head
    return made.number("mamba_expand", "expand", instead=2) * made.hidden


def _kernel(made: Architecture) -> int:
    return made.number("mamba_d_conv", "conv_kernel", "linear_conv_kernel_dim", instead=4)


def _delta(made: Architecture) -> tuple[int, int]:
    keys, values = made.number("linear_num_key_heads"), made.number("linear_num_value_heads")
    key, value = made.number("linear_key_head_dim"), made.number("linear_value_head_dim")
    return (2 * keys * key + values * value) * _kernel(made), values * key * value


def _kimi(made: Architecture) -> tuple[int, int]:
    inner = made.value("linear_attn_config")
    inner = inner if isinstance(inner, dict) else {}
    heads = inner.get("num_heads") or made.number("linear_num_heads", instead=made.heads)
    head = inner.get("head_dim") or made.number("linear_head_dim", instead=128)
    return 3 * heads * head * (inner.get("short_conv_kernel_size") or _kernel(made)), heads * head * head


def _convolution(made: Architecture) -> tuple[int, int]:
    return made.hidden * made.number("conv_L_cache", instead=3), 0


def _lightning(made: Architecture) -> tuple[int, int]:
    return made.heads * made.head * made.head, 0


def _rwkv(made: Architecture) -> tuple[int, int]:
    return 2 * made.hidden, 3 * made.number("attention_hidden_size", instead=made.hidden)


_STATES: Mapping[str, Callable[[Architecture], tuple[int, int]]] = {
    "mamba": _mamba,
    "mamba2": _mamba2,
    "delta": _delta,
    "kimi": _kimi,
    "convolution": _convolution,
    "lightning": _lightning,
    "rwkv": _rwkv,
}
