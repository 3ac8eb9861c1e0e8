"""Bytes of weights, exactly as the files say: what must at least be in memory once they are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.kinds.base import ITEM_BYTES, ModelFile, Tensor, bytes_by_dtype
from doctor.formats.kinds.huggingface import Pretrained
from doctor.model import Evidence, Unknown
from doctor.settings import texts

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models

# The names that from_pretrained looks for, the first that is there; "consolidated.safetensors" is for others.
_NAMES = (
    r"model(-\d+-of-\d+)?\.safetensors",
    r"pytorch_model(-\d+-of-\d+)?\.bin",
)
# What a variable or setting is called that makes weights smaller than stored, or leaves a part of them outside.
_SMALLER = r"quant|load_in|offload|gpu_layers|awq|gptq|fp8|int8|int4|device_map|low_cpu|speculative"


class Weights(NamedTuple):
    """
    The weights of one model.

    ``size`` is in bytes as stored; ``least`` with every float of more than 16 bits counted as one of 16.
    """

    files: tuple[str, ...]
    size: int
    least: int

    def evidence(self) -> Evidence:
        """Return the observation: ``artifact:model-00001-of-00003.safetensors`` ``3 files, 26.9 GB of tensors``."""
        many = f"{len(self.files)} files, " if len(self.files) > 1 else ""
        return Evidence(f"artifact:{self.files[0]}", f"{many}{self.size / 1e9:.1f} GB of tensors")


def of_folder(models: Models, folder: str) -> Weights | None:
    """Return the weights that from_pretrained loads of a folder, None where there are none of the usual names."""
    prefix = f"{folder}/" if folder else ""
    inside = [f for f in models.files if f.path.startswith(prefix) and "/" not in f.path[len(prefix) :]]
    for pattern in _NAMES:
        files = [f for f in inside if f.tensors and re.fullmatch(pattern, f.path[len(prefix) :])]
        if files:
            return of_files(files)
    return None


def of_files(files: list[ModelFile]) -> Weights:
    """Return the weights of files that are loaded together."""
    size = sum(sum(bytes_by_dtype(f.tensors).values()) for f in files)
    least = sum(sum(bytes_by_dtype(tuple(map(_halved, f.tensors))).values()) for f in files)
    return Weights(tuple(sorted(f.path for f in files)), size, least)


def _halved(tensor: Tensor) -> Tensor:
    wide = tensor.dtype.startswith("float") and ITEM_BYTES.get(tensor.dtype, 0) > 2
    return tensor._replace(dtype="float16") if wide else tensor


def made_smaller(models: Models, variables: Mapping[str, str], artifact: Artifact, handler: Handler) -> str:
    """Return what says that weights are quantized, or kept elsewhere, while they load; "" where nothing does."""
    said = f"{' '.join(f'{k}={v}' for k, v in variables.items())}\n".lower()
    for text in texts(artifact, "serving.properties", "config.properties", "serving.yaml", "config.yaml"):
        said += "quantize" if text is None else text.lower()  # what can't be read may say so
    for script in handler.scripts.values():
        said += "\n".join(script.lines).lower()
    found = re.search(_SMALLER, said)
    quantized = next((f.path for f in models.files if isinstance(f.facts, Pretrained) and f.facts.quantization), "")
    return found[0] if found else quantized


def pretrained_roots(models: Models) -> Iterator[Pretrained]:
    """Yield the Hugging Face folder at the root of the artifact, where there is one."""
    for file in models.files:
        if isinstance(file.facts, Pretrained) and file.facts.folder == "":
            yield file.facts


def elsewhere(variables: Mapping[str, str]) -> bool:
    """Say whether a variable has the server load another model than the artifact's."""
    named = (variables.get(n, "") for n in ("HF_MODEL_ID", "OPTION_MODEL_ID", "SM_VLLM_MODEL"))
    return any(n and not n.startswith("/opt/ml/model") for n in named)


def workers(variables: Mapping[str, str], cores: int) -> int:
    """Return how many worker processes load the model: as the variables say, else one a core."""
    for name in ("SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_TS_MIN_WORKERS"):
        if name in variables:
            if not variables[name].isdigit():
                raise Unknown(f"{name}={variables[name]} is no number of workers")
            return max(1, int(variables[name]))
    return cores
