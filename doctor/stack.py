"""Which serving stack a container runs, as its packages, files, labels or its reference tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doctor.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from doctor.environment import Environment
    from doctor.image import Image

# Distribution to stack, the more particular first: a Hugging Face image holds the PyTorch toolkit as well.
_DISTRIBUTIONS = (
    ("sagemaker-huggingface-inference-toolkit", "huggingface"),
    ("sagemaker-pytorch-inference", "pytorch"),
    ("sagemaker-scikit-learn-container", "sklearn"),
    ("sagemaker-sklearn-container", "sklearn"),
    ("sagemaker-xgboost-container", "xgboost"),
    ("sagemaker-mxnet-inference", "mxnet"),
    ("sagemaker-mxnet-inference-toolkit", "mxnet"),
    ("text-embeddings-inference", "tei"),
    ("text-generation-server", "tgi"),
    ("djl-python", "djl"),
    ("sglang", "sglang"),
    ("vllm", "vllm"),
    ("mlserver-mlflow", "mlflow"),
    ("mlserver", "mlserver"),
    ("torchserve", "torchserve"),
    ("multi-model-server", "multi-model-server"),
    ("sagemaker-inference", "multi-model-server"),
)
_PROGRAMS = (
    ("tensorflow_model_server", "tensorflow-serving"),
    ("tritonserver", "triton"),
    ("text-generation-launcher", "tgi"),
    ("text-embeddings-router", "tei"),
    ("djl-serving", "djl"),
)
# Programs that images of a more particular stack hold as well: asked for after the distributions.
_LAST_PROGRAMS = (
    ("torchserve", "torchserve"),
    ("multi-model-server", "multi-model-server"),
    ("mxnet-model-server", "multi-model-server"),
    ("mlserver", "mlserver"),
)
# What the labels of a deep learning container name as its framework, the more particular first.
_LABELS = (
    ("huggingface", "huggingface"),
    ("djl", "djl"),
    ("sglang", "sglang"),
    ("vllm", "vllm"),
    ("pytorch", "pytorch"),
    ("tensorflow", "tensorflow-serving"),
    ("mxnet", "mxnet"),
)
_SERVERS = ("djl", "sglang", "vllm")  # frameworks that do nothing but serve, whatever job their label names
# The servers and toolkits of which a stack's version is: the first that is there and tells one.
_VERSIONS = {
    "pytorch": ("sagemaker-pytorch-inference", "torchserve"),
    "huggingface": ("sagemaker-huggingface-inference-toolkit", "multi-model-server"),
    "mxnet": ("sagemaker-mxnet-inference", "multi-model-server"),
    "sklearn": ("sagemaker-scikit-learn-container",),
    "xgboost": ("sagemaker-xgboost-container",),
    "djl": ("djl-serving",),
    "tgi": ("text-generation-inference",),
    "tei": ("text-embeddings-inference",),
}
# Repository names of the cloud's own images: docs.aws.amazon.com, "Available Deep Learning Containers Images".
_REPOSITORIES = (
    (r"huggingface-pytorch-tgi|text-generation-inference|huggingface-text-generation", "tgi"),
    (r"\btei\b|text-embeddings-inference|huggingface-text-embeddings", "tei"),
    (r"\bsglang\b", "sglang"),
    (r"\bvllm\b", "vllm"),
    (r"huggingface-(pytorch|tensorflow)-inference", "huggingface"),
    (r"pytorch-inference|autogluon-inference", "pytorch"),
    (r"tensorflow-inference|sagemaker-tensorflow-serving|tensorflow/serving", "tensorflow-serving"),
    (r"mxnet-inference", "mxnet"),
    (r"sagemaker-scikit-learn", "sklearn"),
    (r"sagemaker-xgboost", "xgboost"),
    (r"djl-inference|djl-serving|\blmi\b", "djl"),
    (r"tritonserver", "triton"),
    (r"mlflow-pyfunc", "mlflow"),
    (r"\bmlserver\b", "mlserver"),
    (r"\btorchserve\b", "torchserve"),
    (r"multi-model-server", "multi-model-server"),
)


def stack_of(part: Image | Environment, reference: str = "") -> str:
    """
    Return the serving stack of an image or an environment.

    Args:
        part: what is known of the container.
        reference: of the image, "" where it has none; its repository tells where nothing else does.

    Raises Unknown where nothing tells.
    """
    packages = _installed(part)
    installed = next((stack for distribution, stack in _DISTRIBUTIONS if distribution in packages), "")
    found = _running(part, _PROGRAMS) or installed or _running(part, _LAST_PROGRAMS)
    return found or _labelled(part) or of_reference(reference)


def version_of(stack: str, versions: Mapping[str, str]) -> tuple[str, str]:
    """
    Return the server or toolkit that a stack's version is of, and the version; ("", "") where nothing tells.

    Args:
        stack: as `stack_of` returns it.
        versions: of the servers and toolkits that are there (``doctor/image/serving.py``), by name.
    """
    names = _VERSIONS.get(stack, (stack,))
    return next(((name, versions[name]) for name in names if versions.get(name)), ("", ""))


def _labelled(part: Image | Environment) -> str:
    """Return the stack that the labels of a deep learning container name, "" where it is one for training."""
    if not getattr(part, "labels", None):
        return ""
    from doctor.image.serving import labelled

    said = labelled(part)  # type: ignore[arg-type]
    names = re.split(r"[ .,]+", f"{said.get('contributor', '')} {said.get('framework', '')}")
    inference = "inference" in said.get("job", "")
    return next((stack for name, stack in _LABELS if name in names and (inference or stack in _SERVERS)), "")


def _installed(part: Image | Environment) -> Collection[str]:
    """Return the distributions of an environment, or those of an image by the names of their metadata's folders."""
    if (packages := getattr(part, "packages", None)) is not None:
        return packages  # type: ignore[no-any-return]
    from doctor.formats.distribution import folder_name
    from doctor.image.distributions import folders

    paths = (path for there in folders(part).values() for path in there)  # type: ignore[arg-type]
    named = (folder_name(part) for path in paths for part in path.split("/")[-3:-1])
    return {found[0] for found in named if found}


def _running(part: Image | Environment, programs: tuple[tuple[str, str], ...]) -> str:
    """Return the stack of the first program that an image has on its PATH, "" where it has none."""
    if getattr(part, "files", None) is None:
        return ""
    return next((stack for program, stack in programs if part.which(program)), "")  # type: ignore[union-attr]


def of_reference(reference: str) -> str:
    """Return the stack that an image's repository names; Unknown where it names none."""
    for pattern, stack in _REPOSITORIES:
        if re.search(pattern, reference):
            return stack
    raise Unknown("nothing tells which serving stack it is; name it with --stack")
