"""Check: a SavedModel has no signature that a request could ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import label_of, loads

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The SavedModel has no signature to serve",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://www.tensorflow.org/guide/saved_model#specifying_signatures_during_export",
    symptoms=(
        r'Serving signature name: \\?"serving_default\\?" not found in signature def',
        r"Missing metadata for signature|KeyError: 'serving_default'",
    ),
)
def savedmodel_no_serving_signature(models: Models, handler: Handler, stack: str) -> Iterator[Finding]:
    """
    TensorFlow Serving calls a model through its signatures, "serving_default" unless the request names another.

    ``tf.saved_model.save(module, folder)`` writes none for a module whose functions have no input_signature. Pass one:
    ``signatures=module.f.get_concrete_function(tf.TensorSpec([None, 4], tf.float32))``.
    """
    if stack != "tensorflow-serving":
        return
    for load in loads(models, handler):
        if (
            not load.facts.frozen
            and any("serve" in tags for tags in load.facts.tags)
            and not load.facts.callable_names()
        ):
            yield Finding(
                message=f"the SavedModel in {label_of(load.folder)} has no signature, and TensorFlow Serving calls "
                "nothing else",
                evidence=(
                    Evidence(
                        f"artifact:{load.file.path}",
                        f"0 signatures, written by TensorFlow {load.facts.tensorflow_version or '(not said)'}",
                    ),
                ),
                fix=f'tf.saved_model.save(module, "{load.folder}", signatures=module.f.get_concrete_function('
                "tf.TensorSpec([None, ...], tf.float32)))",
                log='Serving signature name: "serving_default" not found in signature def',
                cause=f"artifact:{load.file.path}",
            )
