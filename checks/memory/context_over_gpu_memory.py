"""Check: a server of large models has no room for a request of the greatest length beside the weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.settings import texts
from doctor.weights import made_smaller

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.llmserving import Server
    from doctor.memory.engines import Plan
    from doctor.memory.gpus import Gpu
    from doctor.memory.placed import Placed
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The cache of one request of the model's greatest length doesn't fit beside the weights",
    fault="gpu-memory",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/2418",
    symptoms=(
        r"max seq len \(\d+\) is larger than the maximum number of tokens that can be stored in KV cache",
        r"No available memory for the cache blocks",
        r"KV cache is needed, which is larger than the available KV cache memory",
        r"Not enough memory to handle \d+ prefill tokens",
    ),
)
def context_over_gpu_memory(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    A server of large models refuses to start where its cache can't hold one request of the greatest length.

    That is what config.json names, or a setting. A token takes 2 (keys and values) x layers x key-value heads x head
    size x bytes of a number; layers with a window keep no more than that, and latent attention less. vLLM uses nine
    tenths of a GPU's memory, and the weights and the largest step it admits are in it. Name a smaller length:
    SM_VLLM_MAX_MODEL_LEN.
    """
    from doctor.llmserving import server

    engine = server(models, handler, stack, target) if stack != "tei" else None
    model = engine.model() if engine is not None else None
    if engine is None or model is None:
        return
    from doctor.memory.engines import plan, settings
    from doctor.memory.gpus import of_hardware
    from doctor.memory.placed import placed

    found = placed(models, handler, stack, target, None)
    gpu = of_hardware(target.hardware) if found is not None else None
    if found is None or gpu is None:
        return
    if found.size.low // found.gpus + gpu.context.low > gpu.visible.high:
        return  # that is another check's
    told = settings(engine)
    if not told.length:
        told = told._replace(length=_length(model[1], artifact))
    planned = plan(model[1].config, found.size._replace(high=found.size.low), told, gpu, found.gpus)
    if not planned.log or not planned.length:
        return
    smaller = made_smaller(models, target.variables, artifact, handler)
    if smaller:
        yield Unknown(f"{smaller!r} may make the weights, or the cache, smaller")
        return
    config = Evidence(f"artifact:{model[1].path('config.json')}", f"{planned.length:,} tokens at most")
    yield _finding(planned, found, gpu, target, engine, config)


def _length(model: Pretrained, artifact: Artifact) -> int:
    """Return the greatest length that the tokenizer admits where that is less than config.json's, else 0."""
    import json

    from doctor.memory.engines import longest_request

    most = longest_request(model.config)
    for text in texts(artifact, model.path("tokenizer_config.json")):
        try:
            said = json.loads(text or "")
        except (ValueError, RecursionError):
            continue
        length = said.get("model_max_length") if isinstance(said, dict) else None
        if isinstance(length, int | float) and not isinstance(length, bool) and 0 < length < most:
            return int(length)
    return 0


def _finding(planned: Plan, found: Placed, gpu: Gpu, target: Target, engine: Server, config: Evidence) -> Finding:
    from doctor.memory.fitting import amount

    cache = planned.need.terms[-1].size.low
    told = engine.setting("length")
    beside = "nothing is" if not planned.cache.high else f"at most {amount(planned.cache.high)} are"
    share = f" on each of {found.gpus} GPUs" if found.gpus > 1 else ""
    return Finding(
        message=f"one request of {planned.length:,} tokens takes {amount(cache)} of cache{share}, and {beside} left of "
        f"the {amount(gpu.visible.high)} that CUDA sees of the {gpu.name} of {target.instance}",
        evidence=(
            told.evidence if told is not None else config,
            found.weights.evidence(),
            *found.evidence,
            Evidence("target:gpu-memory", _terms(planned)),
            target.evidence(),
        ),
        fix=_fix(planned, engine),
        likelihood=Likelihood.LIKELY,
        log=planned.log,
        cause="target:gpu-memory",
    )


def _terms(planned: Plan) -> str:
    from doctor.memory.fitting import amount

    return ", ".join(f"{term.name} {amount(term.size.low)}" for term in planned.need.terms[:-1]) + " at least"


def _fix(planned: Plan, engine: Server) -> str:
    """Name three quarters of the length that fits, by the setting that the server has for it."""
    names = {"vllm": "SM_VLLM_MAX_MODEL_LEN", "djl": "option.max_model_len", "sglang": "SM_SGLANG_CONTEXT_LENGTH",
             "tgi": "MAX_TOTAL_TOKENS"}  # fmt: skip
    fits = planned.longest.expected or planned.longest.high
    length = fits * 3 // 4 // 256 * 256
    return f"{names[engine.stack]}={length}" if length else "take an instance with more GPU memory"
