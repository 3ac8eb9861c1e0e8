"""Check: a Lambda layer, whose byte code Keras refuses to run."""

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
    title="Keras refuses to load a Lambda layer",
    fault="keras-custom-object",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/api/layers/core_layers/lambda/",
    symptoms=(
        r"Requested the deserialization of a `?Lambda`? layer",
        r"of this `Lambda` layer is a Python lambda\. Deserializing it is unsafe",
    ),
)
def keras_lambda_refused(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    A Lambda layer is saved as Python byte code, which could do anything, so load_model refuses it by default.

    Keras 3 refuses it in .keras and (from 3.11.3 on) in .h5 files, Keras 2.13 to 2.15 in .keras files. Pass
    ``safe_mode=False`` where you trust the file; better, write the layer as a class: byte code of one Python doesn't
    load in another.
    """
    from doctor.facts import load as facts
    from doctor.keras_lambdas import refused
    from doctor.keras_rules import worded
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        found = load.facts.lambdas
        if not found or not refused(load, handler):
            continue
        yield Finding(
            message=f"{load.file.path} has a Lambda layer ({found[0].name!r}), whose byte code {load.reader.said} "
            "refuses to load",
            evidence=(Evidence(f"artifact:{load.file.path}", f"Lambda layer {found[0].name!r}"), *load.evidence),
            fix=f"load_model({load.file.path!r}, safe_mode=False)",
            likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
            log="ValueError: Requested the deserialization of a Lambda layer with a Python `lambda` inside it."
            if load.reader.major == 2
            else worded(facts("keras")["keras_3"]["lambda"]["log"], load.reader.version),
            cause=f"artifact:{load.file.path}",
        )
