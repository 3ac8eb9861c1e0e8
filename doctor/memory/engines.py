"""
What servers of large models take on each GPU: vLLM, TGI, LMI (DJL) and SGLang reserve their memory when they start.

Such an engine loads its share of the weights, runs one step of the largest size that it admits, and keeps the rest of
its share of the memory for the cache; it doesn't start where that can't hold what it promises. ``plan`` says what that
comes to. Ranges: *low* is what any release must have, *expected* what the release and its defaults do, *high* what
releases and GPUs that aren't told may. Weights and cache follow from the files and config.json; the activations of a
step are a formula held against published start-up logs; what CUDA, NCCL and graphs take is a range of those logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.llmserving import Server, count, text_config
from doctor.memory.architecture import Architecture
from doctor.memory.generation import Kept, item_bytes, layers
from doctor.memory.values import NOTHING, Need, Place, Range, Term, Tier, Workload, total
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.memory.gpus import Gpu

_GIB = 1 << 30
_LARGE = 70 * _GIB  # of memory, from which on vLLM plans with more tokens
_TRUE = frozenset({"true", "1", "yes", "on"})
_RELEASES = {"vllm": ("vllm",), "djl": ("vllm", "lmi-dist"), "tgi": ("text-generation-server",), "sglang": ("sglang",)}


class Settings(NamedTuple):
    """
    What an engine was told; 0 and "" for what it wasn't.

    Args:
        engine: "vllm", "djl", "tgi" or "sglang".
        release: of it, (0, 8, 5); () unknown.
        parallel: GPUs that share one copy; 0 where it takes all.
        share: of a GPU's memory that it may use.
        length: tokens of the longest request.
        requests: that it runs together.
        batched: tokens of one step.
        cache_dtype: of keys and values.
        eager: whether it makes no CUDA graphs.
    """

    engine: str
    release: tuple[int, ...] = ()
    parallel: int = 0
    share: float = 0.0
    length: int = 0
    requests: int = 0
    batched: int = 0
    cache_dtype: str = ""
    eager: bool = False


class Plan(NamedTuple):
    """
    What an engine does with one GPU.

    Args:
        need: what it must have there to start, and to hold the workload.
        cache: bytes that are left for the cache.
        tokens: that fit in the cache in all, of requests of the greatest length.
        longest: tokens of the longest request that fits.
        requests: of the greatest length that fit together.
        length: the greatest length, as told or as the model says; 0 unknown.
        log: what it says where it doesn't start, "" where it starts or may.
    """

    need: Need
    cache: Range
    tokens: Range
    longest: Range
    requests: Range
    length: int
    log: str = ""


def settings(server: Server, serving: Environment | None = None) -> Settings:
    """Return what a server was told, by its variables and its properties."""
    numbers = {kind: _number(server, kind) for kind in ("requests", "batched")}
    degree, share, eager = server.setting("tensor_parallel"), server.setting("share"), server.setting("eager")
    told = server.setting("cache_dtype")
    usual = 1 if server.stack in {"vllm", "sglang"} else 0
    return Settings(
        server.stack,
        _release(server.stack, serving),
        degree.number if degree is not None and degree.number else (0 if degree is not None else usual),
        _fraction(share.value) if share is not None else 0.0,
        cache_dtype=told.value if told is not None and told.value != "auto" else "",
        eager=eager is not None and eager.value.lower() in _TRUE,
        length=_number(server, "length") or _number(server, "total"),
        **numbers,
    )


def _number(server: Server, kind: str) -> int:
    found = server.setting(kind)
    return found.number if found is not None else 0


def plan(
    config: Mapping[str, Any], weights: Range, told: Settings, gpu: Gpu, gpus: int = 1, workload: Workload | None = None
) -> Plan:
    """
    Return what an engine does with each of the GPUs that it uses.

    Args:
        config: of config.json.
        weights: bytes of one whole copy, as loaded.
        told: its settings.
        gpu: the kind of GPU.
        gpus: how many there are.
        workload: requests that are to be held together; one of the greatest length without.

    Raises Unknown where nothing says what the model's cache or activations are.
    """
    parallel = min(told.parallel or gpus, gpus) or 1
    held = _Cache(config, told, parallel)
    steps = _steps(told, gpu, held.length)
    fixed = [
        _weights(weights, parallel),
        Term("activations", _activations(config, steps, parallel), f"one step of {steps.tokens.expected:,} tokens"),
        *_around(told, gpu, parallel),
    ]
    taken = total(t.size for t in fixed)
    room = gpu.visible
    cache = Range(max(0, room.low - taken.high), max(0, room.expected - taken.expected), max(0, room.high - taken.low))
    asked = held.asked(told.engine, workload, steps)
    how = f"{held.of} for {asked.requests:,} x {asked.tokens:,} tokens"
    terms = (*fixed, Term("KV cache", asked.size, how))
    return Plan(
        Need(Place.GPU, terms, doubts=("what the engine's step, graphs and NCCL take is a range of published logs",)),
        cache,
        Range(*(held.tokens(size) for size in cache)),
        Range(*(held.longest(size) for size in cache)),
        Range(*(held.together(size) for size in cache)),
        held.length,
        _log(told, weights, parallel, gpu, cache, asked, held),
    )


def longest_request(config: Mapping[str, Any]) -> int:
    """Return the tokens of the longest request that a config admits, 0 where it doesn't say."""
    inner = text_config(config)
    found = (inner.get(key) for key in load("vllm")["length_keys"])
    return int(min((n for n in found if isinstance(n, (int, float)) and n > 0), default=0))


# --- the cache --------------------------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    requests: int
    tokens: int
    size: Range


class _Cache:
    """What requests keep on one GPU, in blocks."""

    def __init__(self, config: Mapping[str, Any], told: Settings, parallel: int) -> None:
        self.kept = layers(config)
        self.wide = item_bytes(config, told.cache_dtype)
        self.parallel = parallel
        self.block = int(load("engine_memory")["engines"][told.engine]["block"])
        self.length = told.length or longest_request(config)
        self.batched = told.batched
        self.of = f"{len(self.kept)} kinds of layers" if len(self.kept) > 1 else "keys and values"

    def request(self, tokens: int) -> int:
        """Return the bytes of one request."""
        return int(sum(k.layers * self._layer(k, tokens) for k in self.kept))

    def _layer(self, kept: Kept, tokens: int) -> float:
        each = kept.token
        if kept.heads > 1:
            each = kept.token // kept.heads * -(-kept.heads // self.parallel)  # a head is never divided
        if kept.window:
            tokens = min(tokens, kept.window - 1 + max(self.batched, self.block))
        tokens = -(-tokens // self.block) * self.block
        return each * tokens * self.wide + (kept.state * self.wide + kept.wide * 4) / self.parallel

    def longest(self, size: int) -> int:
        """Return the tokens of the longest request that some bytes hold, at most as many as the model admits."""
        low, high = 0, self.length or 1 << 24
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.request(middle) <= size else (low, middle - 1)
        return low

    def together(self, size: int) -> int:
        """Return how many requests of the greatest length some bytes hold."""
        return size // max(1, self.request(self.length)) if self.length else 0

    def tokens(self, size: int) -> int:
        """Return the tokens that some bytes hold in requests of the greatest length."""
        one = self.request(self.length or self.block)
        return int(size / max(1, one) * (self.length or self.block))

    def asked(self, engine: str, workload: Workload | None, steps: _Steps) -> _Asked:
        """Return what the engine promises to hold, and what the workload asks for where that is more."""
        least = self.request(self.length if engine in {"vllm", "djl"} else min(self.length, steps.tokens.low))
        tokens = (workload.tokens + workload.new_tokens) if workload else 0
        batch = workload.batch if workload and tokens else 1
        wanted = self.request(min(tokens, self.length or tokens)) * batch if tokens else least
        if not tokens and not self.length:
            return _Asked(1, 0, NOTHING)
        size = max(least, wanted)
        if least >= wanted:  # it must hold one request of the greatest length, whatever is asked
            batch, tokens = 1, self.length
        return _Asked(batch, tokens or self.length, Range(least, size, max(size, self.request(self.length))))


# --- the terms --------------------------------------------------------------------------------------------------------


class _Steps(NamedTuple):
    tokens: Range  # of one step
    requests: Range  # whose next token is chosen in one step


def _steps(told: Settings, gpu: Gpu, length: int) -> _Steps:
    table = load("engine_memory")["engines"][told.engine]
    large = "_large" if gpu.visible.expected >= _LARGE and gpu.name != "A100" else ""
    tokens = _by_release(table, "batched" + large, told.release) or _by_release(table, "batched", told.release)
    requests = _by_release(table, "requests" + large, told.release) or _by_release(table, "requests", told.release)
    low, expected, high = (told.batched,) * 3 if told.batched else (int(n) for n in tokens)
    whole = max(length, expected, 1)
    return _Steps(Range(low, expected, high or whole), Range(*((told.requests,) * 3 if told.requests else requests)))


def _by_release(table: Mapping[str, Any], name: str, release: tuple[int, ...]) -> Any:
    """Return the row of a release; of an unknown one the newest."""
    rows = table.get(name, {})
    fitting = [row for since, row in rows.items() if not release or _numbers(since) <= release]
    return fitting[-1] if fitting else None


def _weights(weights: Range, parallel: int) -> Term:
    more = load("engine_memory")["replicated"] if parallel > 1 else 1
    size = Range(weights.low // parallel, weights.expected // parallel, int(weights.high / parallel * more))
    return Term("weights", size, f"divided over {parallel} GPUs" if parallel > 1 else "one whole copy")


def _activations(config: Mapping[str, Any], steps: _Steps, parallel: int) -> Range:
    """Return what one step takes: the widest layer's tensors, or the logits while the next tokens are chosen."""
    facts = load("engine_memory")
    inner, vocabulary = text_config(config), count(text_config(config), "vocab_size")
    token = _token(Architecture(config), inner, parallel) * 2
    hidden = Architecture(config).hidden * 2

    def peak(tokens: int, requests: int, share: float, logit: int) -> int:
        return max(int(tokens * token * share), tokens * hidden + min(requests, tokens) * vocabulary * logit)

    return Range(*map(peak, steps.tokens, steps.requests, facts["forward"], facts["logit"]))


def _token(made: Architecture, config: Mapping[str, Any], parallel: int) -> int:
    """Return the numbers that one token takes in a layer: hidden three times, and the wider of attention and MLP."""
    wide = made.hidden
    chosen = count(config, "num_experts_per_tok", "num_experts_per_token", "moe_top_k", "top_k_experts")
    expert = count(config, "moe_intermediate_size", "intermediate_size")
    inner = count(config, "intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "d_ff") or 4 * wide
    mlp = 3 * inner // parallel
    if chosen:
        mlp = chosen * (3 * expert // parallel + wide)
    attention = (2 * made.heads + 2 * made.key_heads) * made.head // parallel
    return int(3 * wide + max(mlp, attention))


def _around(told: Settings, gpu: Gpu, parallel: int) -> list[Term]:
    """
    Return what else is on the GPU: CUDA's context, and NCCL, graphs and what the engine leaves unused, as one term.

    CUDA's own memory may lie in what is left unused or not, by the release: *low* says that all of it does, *high* that
    none does but the graphs of releases that don't count them.
    """
    facts = load("engine_memory")
    graphs = NOTHING if told.eager else _mib(facts["graphs_mib"])
    beside = total(
        [_mib(facts["outside_torch_mib"]), graphs, _mib(facts["collectives_mib"]) if parallel > 1 else NOTHING]
    )
    since = facts["engines"][told.engine].get("graphs_counted_since")
    before = bool(told.release and since and told.release < _numbers(since))
    least, usual, most = _shares(told)
    kept = (gpu.visible.low * (1 - most), gpu.visible.expected * (1 - usual), gpu.visible.high * (1 - least))
    within = (beside.low + gpu.context.low, graphs.expected if before else 0, graphs.high if before else 0)
    sizes = sorted(b + max(0, int(k) - w) for b, k, w in zip(beside, kept, within, strict=True))
    how = f"published logs; the engine uses {usual:.0%} of a GPU"
    return [gpu.context_term, Term("graphs, NCCL and what is left unused", Range(*sizes), how, Tier.TABLES)]


def _shares(told: Settings) -> tuple[float, float, float]:
    if told.share:
        return (told.share,) * 3
    low, expected, high = _by_release(load("engine_memory")["engines"][told.engine], "share", told.release)
    if not told.release:
        rows = load("engine_memory")["engines"][told.engine]["share"].values()
        low, high = min(r[0] for r in rows), max(r[2] for r in rows)
    return low, expected, high


def _mib(sizes: list[int]) -> Range:
    return Range(*(size << 20 for size in sizes))


# --- what it says -----------------------------------------------------------------------------------------------------


def _log(
    told: Settings, weights: Range, parallel: int, gpu: Gpu, cache: Range, asked: _Asked, held: _Cache
) -> str:  # fmt: skip
    """Return the line that is logged where the engine surely doesn't start."""
    words = load("engine_memory")["logs"]
    if weights.low // parallel > gpu.visible.high:
        return str(words["weights"])
    if cache.high >= max(1, asked.size.low):
        return ""
    engine = "vllm" if told.engine == "djl" else told.engine
    if engine != "vllm" or not cache.high:
        return str(words[engine]).format(batched=told.batched or held.length)
    before = told.release and told.release < (0, 9)
    line = str(words["vllm-length-before-0.9" if before else "vllm-length"])
    return line.format(
        length=held.length, needed=asked.size.expected / _GIB, available=cache.expected / _GIB,
        tokens=held.tokens(cache.expected) // held.block * held.block,
    )  # fmt: skip


def _release(stack: str, serving: Environment | None) -> tuple[int, ...]:
    for name in _RELEASES.get(stack, ()):
        try:
            version = serving.version(name) if serving is not None and name in serving.packages else None
        except Unknown:
            continue
        if version is not None:
            return version.release
    return ()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _fraction(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 < found <= 1 else 0.0
