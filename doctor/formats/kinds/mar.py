"""What TorchServe's model archive says of itself."""

from __future__ import annotations

from typing import NamedTuple


class ModelArchive(NamedTuple):
    """
    A ``.mar`` as torch-model-archiver writes it.

    Args:
        name: of the model.
        version: of the model, as its author numbers it.
        handler: "image_classifier", "handler.py" or "module:function", as the manifest has it.
        model_file: the Python file of the network, "" where it names none.
        serialized_file: the weights, "" where it names none.
        requirements: the requirements file, "" where it names none.
        members: paths of its files, the manifest aside.
        runtime: "python".
    """

    name: str
    version: str
    handler: str
    model_file: str = ""
    serialized_file: str = ""
    requirements: str = ""
    members: tuple[str, ...] = ()
    runtime: str = ""
