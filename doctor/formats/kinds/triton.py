"""What Triton's model configuration says."""

from __future__ import annotations

from typing import NamedTuple


class InstanceGroup(NamedTuple):
    """Where instances of a model run: ``KIND_GPU``, how many, on which GPUs."""

    kind: str
    instances: int
    gpus: tuple[int, ...] = ()


class TritonConfig(NamedTuple):
    """
    A ``config.pbtxt``.

    Its inputs and outputs are the file's ports, with dtypes as NumPy names them and dims as they are written: without
    the batch's dimension where max_batch_size is above 0.

    Args:
        name: of the model, "" where it says none.
        platform: "onnxruntime_onnx"; "" where it says none.
        backend: "python"; "" where it says none.
        max_batch_size: 0 where it says none, or 0.
        default_model_filename: "" where it says none.
        instance_groups: where it runs.
        steps: models that an ensemble calls.
        reshaped: inputs and outputs that are reshaped before the model sees them.
        optional: inputs that a request may leave out.
        versions: that are loaded by its version_policy "specific", else empty.
        parameters: names of its parameters.
        fields: names of the fields that it has.
    """

    name: str
    platform: str
    backend: str
    max_batch_size: int = 0
    default_model_filename: str = ""
    instance_groups: tuple[InstanceGroup, ...] = ()
    steps: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
