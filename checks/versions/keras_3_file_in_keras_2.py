"""Check: a model of Keras 3 that Keras 2 is to load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A model of Keras 3 is loaded by Keras 2",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/guides/migrating_to_keras_3/",
    symptoms=(
        r"Unrecognized keyword arguments: \['batch_shape'",
        r"module keras\.src\.models\.functional cannot be imported",
    ),
)
def keras_3_file_in_keras_2(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    Keras 2 (TensorFlow 2.15 and earlier, and tf-keras) reads no model that Keras 3 saved, neither .keras nor .h5.

    Serve with TensorFlow 2.16 or later, or save the model as SavedModel with ``model.export``, which both serve.
    """
    from doctor.keras_rules import by_keras_2, input_log
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        if load.facts.holds != "model" or not load.facts.version.startswith("3.") or load.reader.major != 2:
            continue
        there = load.reader.version
        if there is None:
            continue
        zipped = load.file.format == "keras"
        log = by_keras_2(load.facts, there, load.reader.distribution) if zipped else input_log(there)
        yield Finding(
            message=f"{load.file.path} was saved by Keras {load.facts.version}, and {load.reader.said} can't read it",
            evidence=(Evidence(f"artifact:{load.file.path}", f"keras_version {load.facts.version}"), *load.evidence),
            fix="serve with tensorflow>=2.16, or in training: model.export('1') and serve the SavedModel",
            likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
            log=log,
            cause=f"artifact:{load.file.path}",
        )
