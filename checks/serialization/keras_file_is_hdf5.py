"""Check: a file named .keras that holds HDF5, which Keras 3 doesn't open."""

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
    title="A file named .keras holds HDF5",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/keras/serialization_and_saving",
    symptoms=(r"Please ensure the file is an accessible `\.keras` zip file",),
    explains=("keras-h5-in-keras-3", "keras-file-in-older-keras-3", "keras-lambda-refused"),
)
def keras_file_is_hdf5(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    TensorFlow 2.12 and earlier wrote HDF5 under any name, .keras as well; Keras 3 goes by the name and wants a zip.

    Rename the file to .h5 and load it by that name; Keras 3 reads many HDF5 models.
    """
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        if load.file.format != "hdf5" or not load.file.path.endswith(".keras") or load.reader.major != 3:
            continue
        yield Finding(
            message=f"{load.file.path} holds HDF5 (Keras {load.facts.version} wrote it), and {load.reader.said} opens "
            ".keras files as zip only",
            evidence=(Evidence(f"artifact:{load.file.path}", "begins with b'\\x89HDF'"), *load.evidence),
            fix=f"mv {load.file.path} {load.file.path.removesuffix('.keras')}.h5  # and load it by that name",
            likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
            log=f"ValueError: File not found: filepath=/opt/ml/model/{load.file.path}. Please ensure the file is an "
            "accessible `.keras` zip file.",
            cause=f"artifact:{load.file.path}",
        )
