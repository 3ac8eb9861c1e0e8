"""Check: a .keras file of Keras 2 with something in it that Keras 3 refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A .keras file of Keras 2 is loaded by Keras 3, which refuses a part of it",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="keras-team/keras#19089",
    symptoms=(
        r"its parent module keras\.src\.engine\.\w+ cannot be imported",
        r"Unrecognized keyword arguments passed to \w+: \{'(batch_input_shape|time_major|groups)'",
        r"int\(\) argument must be a string, a bytes-like object or a real number, not 'list'",
    ),
)
def keras_2_file_in_keras_3(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    TensorFlow 2.16 and later come with Keras 3, which reads few of the .keras files that Keras 2 wrote.

    Functional models fail always; Sequential ones where they hold BatchNormalization, an Embedding, a recurrent layer
    and others. Install tf-keras and set TF_USE_LEGACY_KERAS=1, or serve with TensorFlow 2.15, or save the model as
    SavedModel with ``model.export``.
    """
    from doctor.keras_rules import by_keras_3, refused_compiled, renamed
    from doctor.keras_serving import loaded, unmeasured

    for load in loaded(models, handler, serving, target):
        if load.file.format != "keras" or not load.facts.version.startswith("2.") or load.reader.major != 3:
            continue
        refused = list(by_keras_3(load.facts, "keras", load.reader.version))
        if not refused and load.compiles:
            refused = list(refused_compiled(load.facts.training, "keras", load.reader.version))
        if not refused and (moved := renamed(load.facts)) is not None:
            refused = [moved]
        if not refused and (unsure := unmeasured(load)) is not None:
            yield unsure
        if refused:
            first = refused[0]
            yield Finding(
                message=f"{load.file.path} was saved by Keras {load.facts.version}; {load.reader.said} refuses "
                f"{first.what} in it ({first.why})",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", f"keras_version {load.facts.version}, {first.what}"),
                    *load.evidence,
                ),
                fix="add tf-keras to code/requirements.txt and set TF_USE_LEGACY_KERAS=1 for the endpoint",
                likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
                log=first.log,
                cause=f"artifact:{load.file.path}",
            )
