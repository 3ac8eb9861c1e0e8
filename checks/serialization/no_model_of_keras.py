"""Check: load_model or tf.saved_model.load is given a file or folder that holds something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="What the handler loads as a model of Keras or a SavedModel is none",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/keras/serialization_and_saving",
    symptoms=(
        r"SavedModel file does not exist at: .*\{saved_model\.pbtxt\|saved_model\.pb\}",
        r"No file or directory found at",
        r"file signature not found",
    ),
)
def no_model_of_keras(
    artifact: Artifact, models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    ``load_model`` reads .keras and HDF5 files, ``tf.saved_model.load`` folders with a saved_model.pb, and no others.

    A TensorFlow Lite model is run by ``tf.lite.Interpreter``. A checkpoint holds variables alone: build the model in
    code and call ``load_weights``. A frozen graph is imported and saved again as SavedModel. Where a folder is given
    and the model is a file in it, give the file.
    """
    from doctor.keras_paths import given

    for one in given(artifact, models, handler, serving, target):
        yield Finding(
            message=f"{one.load.call.name} is given {one.label}, which is {one.what}",
            evidence=(Evidence(f"artifact:{one.load.path or '/'}", one.what), *one.evidence),
            fix=one.fix,
            likelihood=Likelihood.CERTAIN,
            log=one.log,
            cause=f"artifact:{one.load.path}",
        )
