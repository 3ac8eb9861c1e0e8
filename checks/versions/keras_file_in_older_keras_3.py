"""Check: a model of a newer Keras 3 with a key that the serving one doesn't know."""

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
    title="The model was saved by a newer Keras 3 and holds what the serving one doesn't know",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/keras-team/keras/releases",
    symptoms=(
        r"Unrecognized keyword arguments passed to \w+: \{'(quantization_config|antialias|lora_alpha|data_format)'",
        r"Could not interpret initializer identifier: \{.*'class_name': 'Orthogonal'",
        r"get_tensor\(\) takes 3 positional arguments but \d+ were given",
        r"__init__\(\) got an unexpected keyword argument 'input_axes'",
        r"Unrecognized keyword arguments.*\{'renorm': False",
    ),
)
def keras_file_in_older_keras_3(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Keras 3 writes every argument of a layer into the file, new ones included, and refuses arguments it doesn't know.

    So a model that Keras 3.13 saved holds ``quantization_config``, at which 3.12 stops. Serve with the Keras that
    saved the model, or a later one.
    """
    from packaging.version import Version

    from doctor.keras_rules import by_older_keras_3
    from doctor.keras_serving import loaded, unmeasured, writer

    for load in loaded(models, handler, serving, target):
        if load.facts.holds != "model" or not load.facts.version.startswith("3.") or load.reader.major != 3:
            continue
        there = load.reader.version
        if there is None:
            yield Unknown(f"{serving.source} doesn't say which keras is there, and {load.file.path} is of Keras 3")
            continue
        found = by_older_keras_3(load.facts, str(there), load.file.format) if there < writer(load.facts) else None
        if found is None and (unsure := unmeasured(load)) is not None:
            yield unsure
        if found is not None:
            saved = Version(load.facts.version)
            yield Finding(
                message=f"{load.file.path} was saved by Keras {saved}; {load.reader.said} refuses {found.what} in it: "
                f"{found.why}",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", f"saved by Keras {saved}: {found.what}"),
                    *load.evidence,
                ),
                fix=f"keras=={saved} in code/requirements.txt, or train with keras=={there}",
                likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
                log=found.log,
                cause="serving:pkg/keras",
            )
