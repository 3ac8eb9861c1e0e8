"""Check: a folder with a config and no weights in a format that the library looks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.llmserving import server
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.pretrained import folder_of, loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

# Endings of weights that transformers, TGI, vLLM or TEI read; where one of them is, nothing is said.
_READ = (".safetensors", ".bin", ".h5", ".msgpack", ".pt", ".pth", ".ckpt", ".onnx", ".index", ".npz")


@check(
    title="There are no weights that the library reads",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://huggingface.co/docs/transformers/main/en/gguf",
    symptoms=(
        r"Error no file named .*pytorch_model\.bin.* found in directory",
        r"Cannot find any model weights with",
    ),
)
def weights_absent(
    artifact: Artifact, models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    The folder says which model it is, and the weights are absent, or in GGUF alone.

    GGUF is for llama.cpp; transformers reads it only where a script names the file (``gguf_file=...``). Pack the
    model's safetensors, or serve the GGUF file with llama.cpp.
    """
    for folder, evidence in _opened(models, handler, stack, target):
        found = folder_of(models, folder)
        model = found[1] if found is not None else None
        if model is None or not model.config or model.adapter or model.pipeline or model.indexes:
            continue
        beside = [m.path for m in artifact.under(folder)]
        if "neuron" in model.config or any(path.lower().endswith(_READ) for path in beside):
            continue
        gguf = next((path for path in beside if path.lower().endswith(".gguf")), "")
        yield Finding(
            message=f"{gguf} is the only file of weights, and GGUF is for llama.cpp"
            if gguf
            else f"there are no weights beside {model.path('config.json')}",
            evidence=(Evidence(f"artifact:{gguf or model.path('config.json')}", _saw(model, gguf)), evidence),
            fix="pack the model's safetensors" + (" in place of the GGUF file" if gguf else ""),
            log="RuntimeError: Cannot find any model weights with `/opt/ml/model`"
            if stack == "vllm"
            else "OSError: Error no file named model.safetensors, or pytorch_model.bin, found in directory",
            cause="artifact:weights",
        )
        return


def _opened(models: Models, handler: Handler, stack: str, target: Target) -> Iterator[tuple[str, Evidence]]:
    """Yield the folders whose weights are loaded, and what says so."""
    for loaded in loads(handler, stack, target.variables):
        if loaded.model and not loaded.passes("gguf_file") and loaded.loader != "AutoConfig":
            yield loaded.folder, loaded.evidence
    llm = server(models, handler, stack, target)
    if llm is not None and stack in {"tgi", "vllm"} and llm.folder is not None and llm.model() is not None:
        yield llm.folder, Evidence("artifact:/", f"{stack} loads /opt/ml/model/{llm.folder}".rstrip("/"))


def _saw(model: Pretrained, gguf: str) -> str:
    return "GGUF" if gguf else f'"model_type": "{model.model_type}", and no file of weights'
