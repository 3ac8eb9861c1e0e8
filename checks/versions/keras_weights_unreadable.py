"""Check: weights that load_weights of the serving Keras reads otherwise than they were written."""

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
    title="Keras can't read the weights as they were written",
    fault="keras-2-3",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/",
    symptoms=(
        r"Layer count mismatch when loading weights from file",
        r"expected \d+ variables, but received 0 variables during loading",
        r"File format not supported: filepath=.*Keras 3 only supports V3 `\.keras` (files, |and )`\.weights\.h5`",
    ),
)
def keras_weights_unreadable(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    ``load_weights`` goes by the file's name, and what a name stands for has changed.

    Keras 3 reads no TensorFlow checkpoint. A name that ends in ``.weights.h5`` stands for layers by their names up to
    Keras 2.11, for another layout from 2.12 to 2.14, and for a third since 2.15. Write the weights with the Keras that
    serves, or, for a file of Keras 2.11 and earlier, give it a name that ends in ``.h5`` alone.
    """
    from doctor.keras_weights import unreadable

    for one in unreadable(models, handler, serving, target):
        yield Finding(
            message=f"{one.file.path} {one.wrote}, and {one.reader.said} reads {one.expects} under this name",
            evidence=(
                Evidence(f"artifact:{one.file.path}", f"{one.wrote}, {len(one.file.tensors)} arrays"),
                one.reader.evidence,
                one.load.evidence,
            ),
            fix=one.fix,
            likelihood=Likelihood.CERTAIN,
            log=one.log,
            cause=f"artifact:{one.file.path}",
        )
