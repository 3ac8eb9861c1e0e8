"""How many processes load the model: on one GPU, and on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor.weights import workers

# Servers that start a worker a GPU where there is one, else a worker a core (TorchServe's and Multi Model Server's
# default_workers_per_model; the toolkits of sagemaker-pytorch-inference and sagemaker-huggingface-inference-toolkit).
_PER_DEVICE = frozenset({"pytorch", "huggingface", "torchserve", "multi-model-server", "mxnet"})
_SHARDED = frozenset({"vllm", "tgi", "djl", "sglang"})  # one model over the GPUs they are told to use


class Processes(NamedTuple):
    """
    Processes that hold the model.

    Args:
        on_gpu: that share one GPU.
        on_host: in all.
        why: what says so: "SAGEMAKER_MODEL_SERVER_WORKERS=4".
    """

    on_gpu: int
    on_host: int
    why: str


def counted(stack: str, variables: Mapping[str, str], hardware: Mapping[str, Any], asked: int = 0) -> Processes:
    """
    Return how many processes load the model on an instance.

    Args:
        stack: the serving stack, "" unknown.
        variables: that the endpoint sets.
        hardware: the instance's row of ``doctor/facts/instances.json``.
        asked: workers for each GPU, or on the host without one, as the user said; 0 where nothing was said.

    Raises Unknown where a variable is no number.
    """
    gpus = int((hardware.get("gpu") or {}).get("count") or 0)
    if asked:
        return Processes(asked if gpus else 0, asked * max(gpus, 1), "as asked for")
    if variables.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
        return Processes(1 if gpus else 0, 1, "one worker for each of several models")
    if stack in _SHARDED:
        return Processes(1 if gpus else 0, 1, f"{stack} divides one model over the GPUs that it is given")
    usual = (gpus or int(hardware.get("vcpu") or 1)) if stack in _PER_DEVICE else 1
    count = workers(variables, usual)
    name = next((n for n in ("SAGEMAKER_MODEL_SERVER_WORKERS", "SAGEMAKER_TS_MIN_WORKERS") if n in variables), "")
    per = ("a worker a GPU" if gpus else "a worker a core") if stack in _PER_DEVICE else "one process"
    return Processes(-(-count // gpus) if gpus else 0, count, f"{name}={count}" if name else per)
