"""Check: the sample has another shape than the scikit-learn model was fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.pickled import PickleFacts
from doctor.loading import pickle_loads
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.requests import shape

if TYPE_CHECKING:
    from doctor.formats.kinds.pickled import Estimator
    from doctor.handler import Handler
    from doctor.models import Models

_READS = ("input_fn", "predict_fn", "transform_fn")


@check(
    title="The sample has another shape than the scikit-learn model was fitted on",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://scikit-learn.org/stable/glossary.html#term-n_features_in_",
    symptoms=(
        r"X has \d+ features, but \w+ is expecting \d+ features as input",
        r"Expected 2D array, got 1D array instead",
    ),
)
def sklearn_sample_does_not_fit(
    models: Models, handler: Handler, stack: str, sample: bytes, content_type: str
) -> Iterator[Finding]:
    """
    Without functions of its own, the scikit-learn stack makes an array of the request and hands it to predict.

    An estimator takes as many columns as it was fitted on. The stack's decoder squeezes the array, so CSV with a single
    row has one dimension and is refused. Send what the model takes, or write input_fn that reshapes.
    """
    if stack != "sklearn" or not handler or any(handler.defines(name) is not False for name in _READS):
        return
    given = shape(sample, content_type)
    paths = {load.path for load in pickle_loads(handler)}
    file = models.at(paths.pop() or "") if len(paths) == 1 else None
    if given is None or file is None or not isinstance(file.facts, PickleFacts):
        return
    model = _root(file.facts)
    if model is None or model.features is None:
        return
    wrong = _wrong(given, model)
    if wrong:
        rows = "x".join(map(str, given))
        yield Finding(
            message=f"the sample becomes an array of {rows}, and the {model.symbol.name} in {file.path} takes rows of "
            f"{model.features} numbers",
            evidence=(
                Evidence("sample", f"{content_type}, an array of {rows}"),
                Evidence(f"artifact:{file.path}", f"{model.symbol.name} with n_features_in_ = {model.features}"),
            ),
            fix="write input_fn that ends with .reshape(1, -1), or send JSON: [[...]]"
            if len(given) == 1 and given[0] == model.features
            else f"send {model.features} columns, in the order of training",
            log=wrong,
            cause="sample:shape",
        )


def _root(facts: PickleFacts) -> Estimator | None:
    """Return the estimator that the file itself is."""
    answering = [e for e in facts.estimators if e.role == "answers"]
    return answering[0] if answering and answering[0].symbol == facts.root else None


def _wrong(given: tuple[int, ...], model: Estimator) -> str:
    if len(given) == 1:
        return "ValueError: Expected 2D array, got 1D array instead:"
    if len(given) == 2 and given[1] != model.features:
        return (
            f"ValueError: X has {given[1]} features, but {model.symbol.name} is expecting {model.features} features "
            "as input."
        )
    return ""
