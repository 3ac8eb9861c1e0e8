"""Check: load_model of Keras 2 is given a SavedModel that Keras didn't write itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import in_python, label_of

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A SavedModel without Keras's metadata is given to load_model",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/saved_model",
    symptoms=(r"Unable to create a (TF-)?Keras model from SavedModel at .* lacks the (TF-)?Keras metadata file",),
)
def savedmodel_without_keras_metadata(
    artifact: Artifact, models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    ``model.save(folder)`` of Keras 2 writes keras_metadata.pb beside the graph; ``tf.saved_model.save`` doesn't.

    Without it ``load_model`` can't make the model again. Load it with ``tf.saved_model.load`` and call its signature,
    or write it with ``model.save(folder)``; and see that the file was packed.
    """
    from doctor.keras_serving import reader_of
    from doctor.loading import Use, keras_loads

    calls = {id(x.call.node): x for x in keras_loads(handler)}
    for load in in_python(models, handler):
        file = f"{load.folder}/keras_metadata.pb".lstrip("/")
        use = calls.get(id(load.call.node)) if load.call else None
        if (
            use is None
            or not load.facts.keras
            or file in artifact.members
            or not _writes(load.facts.tensorflow_version)
        ):
            continue
        reader = reader_of(Use(use, sure=True), handler, serving, target)
        if reader is None or reader.major != 2:
            continue
        name = "TF-Keras" if reader.distribution == "tf-keras" else "Keras"
        yield Finding(
            message=f"load_model is given the SavedModel in {label_of(load.folder)}, which lacks keras_metadata.pb: "
            "tf.saved_model.save wrote it, or the file was not packed",
            evidence=(Evidence(f"artifact:{load.file.path}", f"no {file} beside it"), *load.evidence, reader.evidence),
            fix=f'tf.saved_model.load("/opt/ml/model/{load.folder}").signatures["serving_default"]',
            likelihood=load.likelihood,
            log=f"ValueError: Unable to create a {name} model from SavedModel at",
            cause=f"artifact:{load.file.path}",
        )


def _writes(version: str) -> bool:
    """Say whether a TensorFlow writes the file; before 2.5 the metadata were in the graph's own file."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version) >= Version("2.8")
    except InvalidVersion:
        return False
