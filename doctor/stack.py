"""Which serving stack a container runs, as its packages, files, labels or its reference tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doctor.model import Unknown

if TYPE_CHECKING:
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
        reference: the image as the user named it; its repository tells where nothing else does.

    Raises Unknown where nothing tells.
    """
    packages = getattr(part, "packages", {})
    installed = next((stack for distribution, stack in _DISTRIBUTIONS if distribution in packages), "")
    found = _running(part, _PROGRAMS) or installed or _running(part, _LAST_PROGRAMS)
    return found or of_reference(reference)


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
