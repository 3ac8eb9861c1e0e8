"""Check: an HDF5 model of a newer Keras 2 that an older one is to load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The model was saved by a newer TensorFlow and holds what the serving one doesn't know",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/keras/serialization_and_saving",
    symptoms=(
        r"weight_decay is not a valid argument, kwargs should be empty",
        r"Unknown layer: (UnitNormalization|GroupNormalization)",
        r"Keyword argument not understood:",
        r"__init__\(\) got an unexpected keyword argument 'fn'",
    ),
)
def keras_file_in_older_tensorflow(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    An .h5 file goes from a newer TensorFlow 2 to an older one, unless it holds a layer or an optimizer that is new.

    A model compiled with TensorFlow 2.11 or later fails in 2.10 and earlier at its optimizer, unless load_model is
    told ``compile=False``. Pin in code/requirements.txt the TensorFlow that trained, or save from an older one.
    """
    from packaging.version import Version

    from doctor.keras_rules import by_older_keras_2
    from doctor.keras_serving import loaded, writer

    first = Version(facts("keras")["keras_2"]["measured"][0])
    for load in loaded(models, handler, serving, target):
        there = load.reader.version
        if load.file.format != "hdf5" or load.facts.holds != "model" or not load.facts.version.startswith("2."):
            continue
        if load.reader.major != 2 or there is None or there.release[:2] >= writer(load.facts).release[:2]:
            continue
        if there < first:
            yield Unknown(f"which models of Keras {load.facts.version} Keras {there} reads was not measured")
            continue
        refused = next(by_older_keras_2(load.facts, str(there), compiles=load.compiles), None)
        if refused is not None:
            compiled = refused.what.startswith("the ")
            yield Finding(
                message=f"{load.file.path} was saved by Keras {load.facts.version}; {load.reader.said} refuses "
                f"{refused.what} in it: {refused.why}",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", f"keras_version {load.facts.version}, {refused.what}"),
                    *load.evidence,
                ),
                fix=f"load_model({load.file.path!r}, compile=False)"
                if compiled
                else f"serve with tensorflow {load.facts.version} or later",
                likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
                log=refused.log,
                cause=f"artifact:{load.file.path}",
            )
