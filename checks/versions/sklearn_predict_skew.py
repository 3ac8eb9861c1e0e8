"""Check: a pickle of scikit-learn loads in the serving version and fails on the first request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.pickles import Pickle
    from doctor.skew import Break


@check(
    title="A scikit-learn pickle loads, and fails on the first request",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://scikit-learn.org/stable/model_persistence.html",
    symptoms=(
        r"'\w+' object has no attribute '(monotonic_cst|_fill_dtype|keep_empty_features|multi_class|sparse_output|"
        r"_drop_idx_after_grouping|_infrequent_enabled|_name_to_fitted_passthrough|clip|_preprocessor|estimator)'",
        r"NotFittedError: idf vector is not fitted",
        r"'str' object has no attribute 'transform'",
        r"Buffer dtype mismatch, expected '.*' in '.*node_struct",
    ),
)
def sklearn_predict_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    The server starts and answers /ping; then predict or transform looks for an attribute that the pickle doesn't have.

    Newer versions of scikit-learn set attributes in fit that older ones didn't know. Each case here comes from running
    both versions. Serve with the version that trained, or train again with the one that serves.
    """
    from doctor import skew
    from doctor.pickles import loaded, sklearn_versions

    for found in loaded(models, handler):
        for writer, there in sklearn_versions(found, serving):
            if isinstance(skew.at_load(found.file, writer, there), skew.Break):
                continue
            for failure in skew.at_use(found.facts.estimators, writer, there):
                if isinstance(failure, Unknown):
                    yield failure
                    continue
                sure = _reached(failure, found, handler)
                if sure is None:
                    continue
                yield found.told(
                    Finding(
                        message=f"{found.file.path} loads with scikit-learn {there} of {serving.source}, and its "
                        f"{failure.estimator.symbol.name if failure.estimator else 'model'}, fitted with {writer}, "
                        f"fails on {_shown(failure)}",
                        evidence=(
                            *found.evidence(f"{failure.saw} (_sklearn_version)"),
                            serving.evidence("scikit-learn"),
                        ),
                        fix=f"echo scikit-learn=={writer} >> code/requirements.txt, or train again with {there}",
                        likelihood=min(found.likelihood, sure),
                        log=failure.log,
                        cause="serving:pkg/scikit-learn",
                    )
                )
                break


def _shown(failure: Break) -> str:
    return " and ".join(m for m in failure.methods if m not in {"predict_log_proba", "decision_function"}) or "use"


def _reached(failure: Break, found: Pickle, handler: Handler) -> Likelihood | None:
    """Return how surely a request calls what fails; None where it doesn't, as far as the handler's code shows."""
    from doctor.pickles import methods

    estimator = failure.estimator
    if estimator is None:
        return None
    sure = Likelihood.CERTAIN if estimator.role == "answers" else Likelihood.LIKELY
    if "transform" in failure.methods and found.facts.root != estimator.symbol:
        return sure  # a step: whatever is asked of the whole, it transforms first
    called = methods(handler)
    if called is None:
        return Likelihood.LIKELY if {"predict", "transform"} & set(failure.methods) else None
    return sure if called & set(failure.methods) else None
