"""Check: a Lambda layer holds byte code of another Python."""

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
    title="A Lambda layer holds byte code of another Python",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/api/layers/core_layers/lambda/",
    symptoms=(r"bad marshal data \(unknown type code\)",),
)
def keras_lambda_of_another_python(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Keras saves a Lambda layer as the byte code of its function, and byte code is of one version of Python.

    Code of Python 3.8 to 3.10 doesn't load in 3.11 and later, nor the other way round. Serve with the Python that
    trained, or write the layer as a class.
    """
    from doctor.keras_lambdas import code_of, refused
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        spans = [(x, code_of(x.config.get("function"))) for x in load.facts.lambdas]
        if not spans or refused(load, handler) or not serving.python:
            continue
        layer, old = spans[0]
        there = tuple(int(n) for n in serving.python.split(".")[:2])
        if old is None or there < (3, 8) or old == (there < (3, 11)):
            continue
        wrote = "3.8 to 3.10" if old else "3.11 or later"
        yield Finding(
            message=f"{load.file.path} has a Lambda layer ({layer.name!r}) with byte code of Python {wrote}, and "
            f"{serving.source} has Python {serving.python}",
            evidence=(
                Evidence(f"artifact:{load.file.path}", f"{layer.name!r}: byte code of Python {wrote}"),
                Evidence("serving:python", f"{serving.python} ({serving.source})"),
                *load.evidence,
            ),
            fix="an image with the Python that trained, or a class with call() in place of the Lambda layer",
            likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
            log="ValueError: bad marshal data (unknown type code)",
            cause=f"artifact:{load.file.path}",
        )
