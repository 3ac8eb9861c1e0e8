"""What TensorFlow writes besides SavedModels: graphs alone, checkpoints, and models for small devices."""

from __future__ import annotations

from typing import NamedTuple


class Graph(NamedTuple):
    """
    A graph alone (GraphDef), as "frozen" graphs are kept: no signatures, no tags.

    ``operators`` are those that it uses; ``variables`` is how many it has: none where it is frozen.
    """

    operators: tuple[str, ...]
    variables: int = 0


class Checkpoint(NamedTuple):
    """
    The index of a TensorFlow checkpoint: the names and shapes of variables, which code must give their meaning.

    Args:
        prefix: what the checkpoint is called when it is restored: the index's path without ".index".
        shards: how many data files it has.
        of_objects: whether variables are named by the objects that hold them (``tf.train.Checkpoint``, ``save_weights``
            of Keras 2) or by their own names (TensorFlow 1).
    """

    prefix: str
    shards: int
    of_objects: bool


class TFLite(NamedTuple):
    """A TensorFlow Lite model; ``version`` is the format's, ``description`` what its converter says of itself."""

    version: int
    description: str = ""
