"""Which serving stack an image or an environment is, by its packages, programs and reference."""

from __future__ import annotations

import pytest

from doctor.environment import Environment
from doctor.model import Unknown
from doctor.stack import of_reference, stack_of


class WithPrograms:
    """As much of an image as is asked for here."""

    def __init__(self, *programs, packages=()):
        self.files = ()
        self.programs = programs
        self.packages = dict.fromkeys(packages, "1.0")

    def which(self, program):
        return f"/usr/bin/{program}" if program in self.programs else None


@pytest.mark.parametrize(
    ("reference", "stack"),
    [
        ("registry.example/djl-inference:0.33.0-lmi15.0.0-cu128", "djl"),
        ("deepjavalibrary/djl-serving:0.30.0-lmi", "djl"),
        ("registry.example/lmi:0.36.0-lmi28.0.0-cu130", "djl"),
        ("registry.example/huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04", "tgi"),
        ("ghcr.io/huggingface/text-generation-inference:3.3.6", "tgi"),
        ("ghcr.io/huggingface/text-embeddings-inference:cpu-1.8", "tei"),
        ("registry.example/tei:2.0.1-tei1.8.2-gpu-py310-cu122-ubuntu22.04", "tei"),
        ("registry.example/vllm:0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker", "vllm"),
        ("vllm/vllm-openai:v0.11.0", "vllm"),
        ("lmsysorg/sglang:v0.5.3", "sglang"),
        ("registry.example/sagemaker-tritonserver:26.05-py3", "triton"),
        ("nvcr.io/nvidia/tritonserver:25.04-py3", "triton"),
        ("registry.example/mxnet-inference:1.9.0-cpu-py38", "mxnet"),
        ("registry.example/autogluon-inference:1.2.0-cpu-py311", "pytorch"),
        ("registry.example/mlflow-pyfunc:2.9.2", "mlflow"),
        ("seldonio/mlserver:1.6.1", "mlserver"),
        ("pytorch/torchserve:0.12.0-cpu", "torchserve"),
        ("awsdeeplearningteam/multi-model-server:latest", "multi-model-server"),
        ("tensorflow/serving:2.18.0", "tensorflow-serving"),
    ],
)
def test_a_reference(reference, stack):
    assert of_reference(reference) == stack


def test_a_reference_of_nothing_known():
    with pytest.raises(Unknown):
        of_reference("registry.example/churn-model:12")


@pytest.mark.parametrize(
    ("part", "stack"),
    [
        (WithPrograms("tritonserver", "serve"), "triton"),
        (WithPrograms("torchserve"), "torchserve"),
        (WithPrograms("torchserve", packages=["sagemaker-pytorch-inference"]), "pytorch"),
        (WithPrograms("multi-model-server", packages=["sagemaker-huggingface-inference-toolkit"]), "huggingface"),
        (WithPrograms("multi-model-server"), "multi-model-server"),
        (Environment("serving", "serving.txt", {"sglang": "0.5.3", "vllm": "0.11.0"}), "sglang"),
        (Environment("serving", "serving.txt", {"mlserver": "1.6.1", "mlserver-mlflow": "1.6.1"}), "mlflow"),
        (Environment("serving", "serving.txt", {"mlserver": "1.6.1"}), "mlserver"),
    ],
)
def test_packages_and_programs(part, stack):
    assert stack_of(part) == stack
