"""Check: the handler gives a SavedModel to load_model of Keras 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.savedmodels import in_python, label_of, tensorflow

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.savedmodels import Load
    from doctor.target import Target


@check(
    title="The handler gives a SavedModel to load_model of Keras 3",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/guides/migrating_to_keras_3/#loading-a-savedmodel",
    symptoms=(r"File format not supported: filepath=.*Keras 3 only supports V3 `\.keras` files",),
)
def saved_model_given_to_keras_3(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    ``load_model`` of Keras 2 loads SavedModels; that of Keras 3, which TensorFlow has since 2.16, refuses them.

    Load it as a layer (``keras.layers.TFSMLayer``) or without Keras (``tf.saved_model.load``), save it again as .keras
    where it was made, or install tf-keras and set TF_USE_LEGACY_KERAS=1.
    """
    seen: set[str] = set()
    for load in in_python(models, handler):
        if not load.by_keras or load.file.path in seen or load.facts.frozen:
            continue
        evidence = _keras_3(load, handler, serving, target)
        if evidence is not None and load.call is not None:
            seen.add(load.file.path)
            yield Finding(
                message=f"{load.call.name} is given the SavedModel in {label_of(load.folder)}, and Keras 3 loads "
                ".keras and .h5 files only",
                evidence=(*load.evidence, evidence, Evidence(f"artifact:{load.file.path}", _wrote(load))),
                fix="- " + handler.line(load.call.path, load.call.line) + "\n+ "
                f'keras.layers.TFSMLayer("/opt/ml/model/{load.folder}", call_endpoint="serving_default")',
                likelihood=load.likelihood,
                log=f"ValueError: File format not supported: filepath=/opt/ml/model/{load.folder}.",
                cause=f"artifact:{load.file.path}",
            )


def _wrote(load: Load) -> str:
    return f"a SavedModel, written by TensorFlow {load.facts.tensorflow_version or '(not said)'}"


def _keras_3(load: Load, handler: Handler, serving: Environment, target: Target) -> Evidence | None:
    """Return the observation that the called load_model is that of Keras 3, None where it isn't."""
    if load.call is not None and load.call.name.startswith("keras."):
        version = serving.version("keras")
        return serving.evidence("keras") if version and version.major >= 3 else None
    if "TF_USE_LEGACY_KERAS" in target.variables or any(
        "TF_USE_LEGACY_KERAS" in s.text for s in handler.scripts.values()
    ):
        return None
    found = tensorflow(serving)
    if found is None or found[0].release[:2] < (2, 16):
        return None
    if "keras" in serving.packages and (keras := serving.version("keras")) and keras.major < 3:
        raise Unknown(f"{serving.source} has TensorFlow {found[0]} with Keras {keras}, which don't go together")
    return found[1]
