"""Check: a CatBoost classifier loaded as a regressor, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models

_CLASSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy")
_NUMBERS = ("RMSE", "MAE", "Quantile", "LogLinQuantile", "Poisson", "MAPE", "Lq", "Huber", "Tweedie", "MultiRMSE")


@check(
    title="A CatBoost classifier is loaded as a regressor, or the reverse",
    fault="gbdt-format",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="catboost/catboost#2504",
    symptoms=(),
)
def catboost_wrapper_differs(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    load_model doesn't compare the model with the class that loads it: the answers just mean something else.

    A regressor's predict on a classifier's file answers raw scores, no classes; a classifier's on a regressor's file
    takes the prediction for a score. Load with the class that trained the model.
    """
    from doctor.formats.kinds.trees import CatBoostFile
    from doctor.loading import catboost_loads, uses

    for file, facts in models.of(CatBoostFile):
        for use in uses(file.path, list(catboost_loads(handler)), handler):
            if use.load is None:
                continue
            loaded_by = use.load.call.name.removesuffix("().load_model").rpartition(".")[2]
            trained = {"CatBoostRegressor": _CLASSES, "CatBoostClassifier": _NUMBERS}.get(loaded_by, ())
            if facts.loss not in trained:
                continue
            right = "CatBoostClassifier" if loaded_by == "CatBoostRegressor" else "CatBoostRegressor"
            answers = "raw scores in place of classes" if trained == _CLASSES else "classes in place of values"
            yield Finding(
                message=f"{file.path} was trained with {facts.loss}, and {loaded_by} loads it: it answers {answers}",
                evidence=(Evidence(f"artifact:{file.path}", f"loss function {facts.loss}"), use.load.evidence),
                fix=f"catboost.{right}().load_model(...)",
                likelihood=Likelihood.CERTAIN if use.sure else Likelihood.LIKELY,
                cause=f"artifact:{file.path}",
            )
            break
