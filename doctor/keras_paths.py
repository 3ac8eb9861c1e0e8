"""What the handler hands to load_model and tf.saved_model.load where it is no model of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.kinds.tensorflow import Checkpoint, Graph, TFLite
from doctor.handler.constants import MODEL_DIR
from doctor.handler.flow import always, caught
from doctor.keras_serving import reader_of
from doctor.loading import Use, keras_loads, saved_model_loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.loading import Load
    from doctor.model import Evidence
    from doctor.models import Models
    from doctor.target import Target

_MODELS = (".keras", ".h5", ".hdf5")


class Given(NamedTuple):
    """
    One call, and why what it is given can't be loaded.

    Args:
        load: the call and the path, "" for the artifact's root.
        what: what is there: "a TensorFlow Lite model".
        fix: what to write instead.
        log: what the library says.
        evidence: where the reader and the call were seen.
    """

    load: Load
    what: str
    fix: str
    log: str
    evidence: tuple[Evidence, ...]

    @property
    def label(self) -> str:
        """The path as messages write it."""
        return self.load.path or "the model folder itself"


def given(
    artifact: Artifact, models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Given]:
    """Yield the calls that are given what they can't load."""
    for load in (*keras_loads(handler), *saved_model_loads(handler)):
        path = "" if load.path == MODEL_DIR else load.path
        script = handler.scripts[load.call.path]
        if path is None or path.startswith("/") or not always(script, load.call.node) or caught(script, load.call.node):
            continue
        found = _what(artifact, models, path)
        if found is None:
            continue
        what, fix, is_file = found
        use = Use(load._replace(path=path), sure=True)
        there = "" if not is_file else "file" if path in artifact.members else "prefix"
        log, evidence = _log(use, handler, serving, target, there)
        if log:
            yield Given(use.load or load, what, fix, log, (*evidence, load.evidence))


def _what(artifact: Artifact, models: Models, path: str) -> tuple[str, str, bool] | None:
    """Return what is at a path and what to do about it, and whether it is a file; None for what may be a model."""
    beside = models.at(path) or models.at(f"{path}.index")
    facts = beside.facts if beside else None
    if isinstance(facts, TFLite):
        return "a TensorFlow Lite model", f'tf.lite.Interpreter("{MODEL_DIR}/{path}")', True
    if isinstance(facts, Graph):
        return f"a graph alone (GraphDef) of {len(facts.operators)} operators", _SAVE_AGAIN, True
    if isinstance(facts, Checkpoint):
        what = f"a checkpoint: {len(beside.tensors) if beside else 0} variables without the model"
        return what, f'model = build_model()  # as in training\nmodel.load_weights("{MODEL_DIR}/{facts.prefix}")', True
    return _folder(artifact, path)


_SIGNATURE = "OSError: Unable to synchronously open file (file signature not found)"
_SAVE_AGAIN = 'tf.compat.v1.import_graph_def(graph_def, name=""), then tf.compat.v1.saved_model.simple_save(...)'


def _folder(artifact: Artifact, path: str) -> tuple[str, str, bool] | None:
    inside = [m.path for m in artifact.under(path) if m.kind != "directory"]
    own = {p[len(path) + 1 if path else 0 :] for p in inside}
    if not inside or {"saved_model.pb", "saved_model.pbtxt"} & own:
        return None
    where = f"{path}/" if path else ""
    model = next((p for p in sorted(own) if p.endswith((*_MODELS, "saved_model.pb")) and "/." not in f"/{p}"), "")
    if not model:
        return "a folder without a saved_model.pb", f"give the folder of the SavedModel, not {where or './'}", False
    right = where + model.removesuffix("saved_model.pb").rstrip("/")
    return f"a folder without a saved_model.pb; {where}{model} is in it", f'load "{MODEL_DIR}/{right}"', False


def _log(
    use: Use, handler: Handler, serving: Environment, target: Target, there: str
) -> tuple[str, tuple[Evidence, ...]]:
    """Return what the library says, "" where it isn't there; `there` is "file", "prefix" of files, or "" (a folder)."""
    path, library = (use.load.path, use.load.library) if use.load else ("", "")
    at = f"{MODEL_DIR}/{path}".rstrip("/")
    none = f"OSError: SavedModel file does not exist at: {at}/{{saved_model.pbtxt|saved_model.pb}}"
    if library == "saved_model":
        return none, ()
    reader = reader_of(use, handler, serving, target)
    if reader is None:
        return "", ()
    if reader.major == 3:
        return f"ValueError: File format not supported: filepath={at}.", (reader.evidence,)
    keras_2 = {"file": _SIGNATURE, "prefix": f"OSError: No file or directory found at {at}"}
    return keras_2.get(there, none), (reader.evidence,)
