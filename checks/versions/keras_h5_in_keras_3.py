"""Check: an HDF5 model whose layers or compiled loss Keras 3 refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.keras_serving import Loaded
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="Keras 3 refuses a part of this HDF5 model",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="keras-team/keras#19151",
    symptoms=(
        r"Unrecognized keyword arguments passed to \w+: \{'(time_major|groups)'",
        r"Could not deserialize 'keras\.metrics\.\w+' because it is not a KerasSaveable subclass",
        r"Invalid Functional model configuration\. The graph of the Functional model either has loops",
    ),
)
def keras_h5_in_keras_3(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    Keras 3 loads many .h5 files of Keras 2, but not recurrent layers, depthwise convolutions, nested models and others.

    A model compiled with a loss by its short name ("mse") fails as well, unless load_model is told ``compile=False``.
    Serve with TensorFlow 2.15, or install tf-keras and set TF_USE_LEGACY_KERAS=1.
    """
    from doctor.keras_rules import by_keras_3, refused_compiled
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        if load.file.format != "hdf5" or load.facts.holds != "model" or load.reader.major != 3:
            continue
        old = load.facts.version.startswith("2.") or not load.facts.version
        refused = list(by_keras_3(load.facts, "hdf5")) if old else []
        if refused:
            fix = "add tf-keras to code/requirements.txt and set TF_USE_LEGACY_KERAS=1 for the endpoint"
        elif load.compiles:
            refused = list(refused_compiled(load.facts.training, "hdf5"))
            fix = f"load_model({load.file.path!r}, compile=False)"
        if refused:
            yield _finding(load, refused[0].what, refused[0].why, refused[0].log, fix)


def _finding(load: Loaded, what: str, why: str, log: str, fix: str) -> Finding:
    by = f"Keras {load.facts.version}" if load.facts.version else "an old Keras"
    return Finding(
        message=f"{load.file.path} was saved by {by}; {load.reader.said} refuses {what} in it ({why})",
        evidence=(
            Evidence(f"artifact:{load.file.path}", f"keras_version {load.facts.version}, {what}"),
            *load.evidence,
        ),
        fix=fix,
        likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
        log=log,
        cause=f"artifact:{load.file.path}",
    )
