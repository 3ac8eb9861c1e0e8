"""Check: the graph has operators that only a GPU runs, and there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import label_of, loads

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The SavedModel's graph has operators that only a GPU runs",
    fault="device-mismatch",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/tensorflow/serving/issues/823",
    symptoms=(r"No OpKernel was registered to support Op 'CudnnRNN\w*'",),
)
def savedmodel_needs_gpu(models: Models, handler: Handler, target: Target) -> Iterator[Finding]:
    """
    The recurrent layers of tf.contrib.cudnn_rnn run on NVIDIA's library, and TensorFlow has no CPU kernel for them.

    Their operators stand in the graph itself, and in what restores its variables. Take an instance with a GPU, or save
    the model again with CudnnCompatibleLSTMCell, which reads the same weights. Keras's own LSTM has both and chooses.
    """
    for load in loads(models, handler):
        names = sorted({o.name for o in load.facts.operators if o.name.startswith("CudnnRNN") and not o.function})
        if not names or target.gpu:
            continue
        yield Finding(
            message=f"the SavedModel in {label_of(load.folder)} has {', '.join(names)}, and {target.name} has no GPU",
            evidence=(
                Evidence(f"artifact:{load.file.path}", f"operators of the main graph: {', '.join(names)}"),
                target.evidence(),
            ),
            fix="take an instance with a GPU, such as ml.g5.xlarge, or save the model again with "
            "tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell",
            log=f"No OpKernel was registered to support Op '{names[0]}' used by {{{{node ...}}}} with these attrs. "
            "Registered devices: [CPU]",
            cause=f"artifact:{load.file.path}/device",
        )
