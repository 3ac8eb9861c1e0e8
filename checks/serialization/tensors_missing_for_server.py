"""Check: a server of large models looks up a tensor that the weights don't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import server
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.tensornames import lm_head_absent, names_of, wrapper_of

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The weights lack a tensor that the server looks up",
    fault="tensor-names",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/huggingface/text-generation-inference/issues/2270",
    symptoms=(
        r"RuntimeError: weight [\w.]+ does not exist",
        r"Following weights were not initialized from checkpoint",
        r"KeyError: '(module|_orig_mod|base_model)\.[\w.]+'",
    ),
)
def tensors_missing_for_server(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[Finding]:
    """
    TGI and vLLM read tensors by name, and stop where one is missing.

    "lm_head.weight" is needed unless config.json ties it to the embedding (``"tie_word_embeddings": true``); merging an
    adapter or saving tied weights may have dropped it. Weights saved from inside a wrapper ("module.",
    "base_model.model.") have no name right. Save the model itself with save_pretrained.
    """
    llm = server(models, handler, stack, target)
    found = llm.model() if llm and (llm.vllm or stack == "tgi") else None
    names = names_of(models, found[1]) if found else frozenset()
    if found is None or not names or found[1].adapter or found[1].quantization:
        return
    wrapper = wrapper_of(names)
    absent = "lm_head.weight" if lm_head_absent(found[1], names) else "model.embed_tokens.weight" if wrapper else ""
    if absent:
        config = found[1].path("config.json")
        tied = found[1].config.get("tie_word_embeddings")
        weights = next(p for p in found[1].weights if p.endswith((".safetensors", ".bin")))
        yield Finding(
            message=f"{weights} has no {absent}"
            + (
                f": all its names begin with {wrapper}"
                if wrapper
                else ", and config.json doesn't tie it to the embedding"
            ),
            evidence=(
                Evidence(f"artifact:{weights}", f"{len(names)} tensors, none named {absent}"),
                Evidence(f"artifact:{config}", f'"tie_word_embeddings": {str(tied).lower()}'),
            ),
            fix="model.save_pretrained(folder) with the whole, unwrapped model"
            if wrapper
            else f'save the model with its lm_head, or, where it was tied, "tie_word_embeddings": true in {config}',
            log=f"RuntimeError: weight {absent} does not exist"
            if stack == "tgi"
            else f"ValueError: Following weights were not initialized from checkpoint: {{'{absent}'}}",
            cause=f"artifact:{weights}",
        )
