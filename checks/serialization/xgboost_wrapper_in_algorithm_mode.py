"""Check: the XGBoost algorithm's server unpickles something that is no Booster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.pickled import PickleFacts
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The XGBoost algorithm is given a pickle of something else than a Booster",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-xgboost-container/blob/master/src/sagemaker_xgboost_container/algorithm_mode/serve_utils.py",
    symptoms=(r"object has no attribute 'set_param'",),
)
def xgboost_wrapper_in_algorithm_mode(
    models: Models, handler: Handler, stack: str, target: Target
) -> Iterator[Finding]:
    """
    Without a script the XGBoost stack unpickles each file at the root and calls set_param, which a Booster has.

    A pickled XGBClassifier, XGBRegressor or Pipeline ends the start. Save its booster:
    ``model.get_booster().save_model( "xgboost-model.json")``, or serve the pickle by a script with a model_fn.
    """
    if stack != "xgboost" or handler or "SAGEMAKER_PROGRAM" in target.variables:
        return
    for file, facts in models.of(PickleFacts):
        root = facts.root
        if root is None or "/" in file.path or file.path.startswith(".") or facts.joblib or facts.compression:
            continue
        if root.module.startswith(("xgboost.sklearn", "sklearn.")) or root.name in {"XGBClassifier", "XGBRegressor"}:
            booster = "model" if root.module.startswith("xgboost") else "model[-1]"
            yield Finding(
                message=f"{file.path} is a pickled {root.name}, and without a script the stack takes only a Booster",
                evidence=(Evidence(f"artifact:{file.path}", f"unpickles to {root}"),),
                fix=f'{booster}.get_booster().save_model("xgboost-model.json")',
                log=f"AttributeError: '{root.name}' object has no attribute 'set_param'",
                cause=f"artifact:{file.path}",
            )
