"""Check: an HDF5 model whose layers or compiled loss Keras 3 refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.keras_rules import Refused
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
        r"Could not locate function 'm\w+'\. Make sure custom classes",
        r"Invalid Functional model configuration\. The graph of the Functional model either has loops",
    ),
)
def keras_h5_in_keras_3(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Keras 3 loads many .h5 files of Keras 2, but not recurrent layers, depthwise convolutions, nested models and others.

    A model compiled with a loss by its short name ("mse") fails as well, unless load_model is told ``compile=False``.
    Serve with TensorFlow 2.15, or install tf-keras and set TF_USE_LEGACY_KERAS=1.
    """
    from doctor.keras_serving import loaded, unmeasured

    for load in loaded(models, handler, serving, target):
        if load.file.format != "hdf5" or load.facts.holds != "model" or load.reader.major != 3:
            continue
        refused, fix = _refused(load)
        if refused is not None:
            yield _finding(load, refused.what, refused.why, refused.log, fix)
        elif (unsure := unmeasured(load)) is not None:
            yield unsure


def _refused(load: Loaded) -> tuple[Refused | None, str]:
    """Return the first thing that is refused, and how to mend it."""
    from doctor.keras_rules import by_keras_3, in_hdf5, refused_compiled

    if load.facts.version.startswith("2.") or not load.facts.version:
        for first in by_keras_3(load.facts, "hdf5", load.reader.version):
            return first, "add tf-keras to code/requirements.txt and set TF_USE_LEGACY_KERAS=1 for the endpoint"
    if load.compiles:
        for first in refused_compiled(load.facts.training, "hdf5", load.reader.version):
            return first, f"load_model({load.file.path!r}, compile=False)"
    return next(in_hdf5(load.facts, load.reader.version), None), 'model.save("model.keras")  # where it was trained'


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
