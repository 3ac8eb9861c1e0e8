"""What load_weights of a Keras expects of a file, by the file's name, and which files hold something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load as facts
from doctor.formats.kinds.keras import KerasFile
from doctor.formats.kinds.tensorflow import Checkpoint
from doctor.handler.constants import MODEL_DIR
from doctor.handler.flow import always, caught
from doctor.keras_rules import worded
from doctor.keras_serving import Reader, reader_of
from doctor.loading import Use, keras_weight_loads

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.loading import Load
    from doctor.models import Models
    from doctor.target import Target

_SAID = {
    "names": "holds weights by the names of layers, as Keras writes .h5",
    "dependencies": "holds weights as Keras 2.12 to 2.14 lay out .weights.h5",
    "layers": "holds weights as Keras 2.15 and later lay out .weights.h5",
}
_EXPECTED = {
    "names": "layers by their names",
    "dependencies": "the layout of Keras 2.12 to 2.14",
    "layers": "the layout of Keras 2.15 and later",
}
_LOGS = {
    "names": "ValueError: Layer count mismatch when loading weights from file.",
    "no vars": "open object (object 'vars' doesn't exist)",
}


class Unreadable(NamedTuple):
    """
    Weights that a call of load_weights can't read.

    Args:
        file: the weights.
        load: the call.
        reader: the Keras that makes it.
        wrote: what the file holds.
        expects: what the reader takes the file for.
        fix: how to mend it.
        log: what it says.
    """

    file: ModelFile
    load: Load
    reader: Reader
    wrote: str
    expects: str
    fix: str
    log: str


def unreadable(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Unreadable]:
    """Yield the weights that a call names and its Keras can't read."""
    for load in keras_weight_loads(handler):
        script = handler.scripts[load.call.path]
        if load.path is None or not always(script, load.call.node) or caught(script, load.call.node):
            continue
        file = models.at(load.path) or models.at(f"{load.path}.index")
        reader = reader_of(Use(load, sure=True), handler, serving, target) if file else None
        if file is None or reader is None:
            continue
        found = _why(file, load, reader)
        if found is not None:
            yield Unreadable(file, load, reader, *found)


def _why(file: ModelFile, load: Load, reader: Reader) -> tuple[str, str, str, str] | None:
    if isinstance(file.facts, Checkpoint):
        if reader.major < 3:
            return None
        log = f"ValueError: File format not supported: filepath={MODEL_DIR}/{load.path}."
        fix = 'model.save_weights("model.weights.h5")  # where it was trained; and load that file'
        return "is a TensorFlow checkpoint", "no checkpoints", fix, log
    if not isinstance(file.facts, KerasFile) or file.facts.holds != "weights":
        return None
    expected = _expected(file.path, reader)
    if expected is None or expected == file.facts.layout:
        return None
    if reader.major >= 3 and {expected, file.facts.layout} == {"layers", "dependencies"}:
        return None  # Keras 3 reads both
    by_name = file.facts.layout == "names" and reader.major < 3
    newer = worded(facts("keras")["keras_3"]["weights_log"], reader.version if reader.major >= 3 else None)
    log = _LOGS["names"] if expected == "names" else _LOGS["no vars"] if by_name else newer
    return _SAID[file.facts.layout], _EXPECTED[expected], _fix(file, expected), log


def _fix(file: ModelFile, expected: str) -> str:
    if expected != "names" and file.facts.layout == "names":
        plain = file.path.removesuffix(".weights.h5") + ".h5"
        return f"mv {file.path} {plain}  # and load it by that name"
    return f"model.save_weights({file.path!r})  # with the Keras that serves"


def _expected(path: str, reader: Reader) -> str | None:
    """Return the layout that a name stands for; None where nobody can say."""
    if not path.endswith(".weights.h5"):
        return "names" if path.endswith((".h5", ".hdf5")) else None
    if reader.major >= 3:
        return "layers"
    version = reader.version.release[:2] if reader.version else (0, 0)
    return "names" if version < (2, 12) else "dependencies" if version < (2, 15) else "layers"
