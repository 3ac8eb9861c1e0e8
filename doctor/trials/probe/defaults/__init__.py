"""
What is loaded where the artifact has no model_fn: by the serving stack's own default, else by the format's own library.

One module a stack, each with ``load(request) -> (model, how)``. Where the stack's toolkit is installed, its own default
is called; where it isn't, the same is done, with the error that the toolkit would raise.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from doctor.trials.probe.failures import NotTried

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request

GUESS = "load-file"  # the phase in which a file is loaded without knowing how the server would

_STACKS = {
    "pytorch": "pytorch",
    "huggingface": "huggingface",
    "tensorflow-serving": "tensorflow_serving",
    "xgboost": "xgboost",
    "sklearn": "sklearn",
    "mxnet": "mxnet",
    "mlflow": "mlflow",
}
_PROGRAMS = {
    "triton": "Triton",
    "djl": "DJL Serving",
    "tgi": "Text Generation Inference",
    "tei": "Text Embeddings Inference",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "mlserver": "MLServer",
    "torchserve": "TorchServe",
}


def load(request: Request, channel: Channel) -> tuple[Any, str]:
    """
    Return the model, and what loaded it: "default_model_fn of sagemaker-pytorch-inference 2.0.25".

    The phase is "load" for what a stack loads, `GUESS` for what only the format tells how to load: such a failure says
    nothing of a server that loads it in another way. Raises NotTried where only the server itself can load it.
    """
    if request.stack in _PROGRAMS:
        raise NotTried(f"{_PROGRAMS[request.stack]} loads its models itself; only serving shows it")
    if request.stack == "multi-model-server":
        raise NotTried("the image's own handler loads the model, and the artifact has no model_fn")
    if request.stack in _STACKS:
        channel.phase("load")
        module = importlib.import_module("doctor.trials.probe.defaults." + _STACKS[request.stack])
    else:
        channel.phase(GUESS)
        module = importlib.import_module("doctor.trials.probe.defaults.files")
    model, how = module.load(request)
    return model, str(how)
