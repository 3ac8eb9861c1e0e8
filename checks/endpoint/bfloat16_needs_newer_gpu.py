"""Check: the model is to be served in bfloat16 on a GPU that hasn't it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.llmserving import server, text_config
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.llmserving import Server
    from doctor.models import Models
    from doctor.target import Target

_WORDS = frozenset({"bfloat16", "bf16"})
_NEEDED = (8, 0)
_REFUSES, _FALLS_BACK = (0, 8, 4), (0, 9)  # with no dtype set: vllm-project/vllm#17265


@check(
    title="The GPU has no bfloat16",
    fault="gpu-capability",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/vllm-project/vllm/issues/1153",
    symptoms=(r"Bfloat16 is only supported on GPUs with compute capability of at least 8\.0",),
)
def bfloat16_needs_newer_gpu(
    models: Models, handler: Handler, stack: str, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    T4 (g4dn) and V100 (p3) GPUs can't compute in bfloat16, and vLLM refuses it there.

    Up to 0.8.4 it also refuses a model whose config.json says bfloat16, unless told otherwise; since 0.9 it takes
    float16 by itself then. Set the dtype to half, or take a g5 or newer instance.
    """
    llm = server(models, handler, stack, target)
    found = llm.model() if llm else None
    if llm is None or not llm.vllm or found is None or not target.gpu:
        return
    name = str(target.hardware["gpu"]["name"])
    capability = load("gpus")["capability"].get(name)
    if capability is None or tuple(int(n) for n in capability.split(".")) >= _NEEDED:
        return
    asked = _asked(llm, found[1], serving)
    if isinstance(asked, Unknown):
        yield asked
    elif asked:
        yield Finding(
            message=f"the model is to be served in bfloat16, and the {name} of {target.instance} doesn't have it",
            evidence=(*asked, target.evidence()),
            fix={"vllm": "SM_VLLM_DTYPE=half"}.get(stack, "option.dtype=fp16"),
            log="ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. "
            f"Your {name} GPU has compute capability {capability}.",
            cause="target:instance",
        )


def _asked(llm: Server, model: Pretrained, serving: Environment) -> tuple[Evidence, ...] | Unknown:
    """Return what asks for bfloat16, () where nothing does."""
    given = llm.setting("dtype")
    if given is not None and given.value.lower() != "auto":
        return (given.evidence,) if given.value.lower() in _WORDS else ()
    if model.dtype != "bfloat16" and text_config(model.config).get("torch_dtype") != "bfloat16":
        return ()
    vllm = serving.version("vllm")
    if vllm is None or vllm.release >= _FALLS_BACK:
        return ()
    if vllm.release[:3] > _REFUSES:
        return Unknown(f"whether vllm {vllm} takes float16 by itself on an older GPU was not looked up")
    path = model.path("config.json")
    return (Evidence(f"artifact:{path}", '"torch_dtype": "bfloat16"'), serving.evidence("vllm"))
