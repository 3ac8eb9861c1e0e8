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
from doctor.memory.architecture import Architecture, text_part
from doctor.memory.recurrent import recurrent
from doctor.memory.values import Range
from doctor.model import Unknown

ENGINES = ("transformers", "vllm", "tgi", "sglang")
_WIDE = 4  # bytes of what recurrent layers keep in float32 whatever the model's dtype


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
    part = text_part(config)
    named = dtype or part.get("dtype") or part.get("torch_dtype") or config.get("dtype") or config.get("torch_dtype")
    return ITEM_BYTES.get(_ALIASES.get(str(named), str(named)).removeprefix("torch."), 2)


_ALIASES = {"fp8": "float8_e4m3fn", "fp8_e4m3": "float8_e4m3fn", "fp8_e5m2": "float8_e5m2", "half": "float16"}


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
    fixed = text_part(config).get("max_source_positions")
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
        state, wide = recurrent(made)
        return Kept(count, state=state, wide=wide)
    if kind == "full" and made.value("global_head_dim"):
        named = {"head_dim": "global_head_dim", "num_key_value_heads": "num_global_key_value_heads"}
        made = made.of_layer(tuple((k, v) for k, n in named.items() if type(v := made.value(n)) is int))
    kept = _attention(made, count)
    if kind == "both":
        state, wide = recurrent(made)
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
