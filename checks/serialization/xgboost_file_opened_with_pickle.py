"""Check: a file that XGBoost's save_model wrote, which the handler unpickles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A file of XGBoost's save_model is opened with pickle",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="aws/amazon-sagemaker-examples#2952",
    symptoms=(
        r"UnpicklingError: unpickling stack underflow",
        r"UnpicklingError: invalid load key, '\{'",
        r"KeyError: 123",
    ),
    explains=("xgboost-binary-removed", "xgboost-file-too-new", "xgboost-file-misnamed"),
)
def xgboost_file_opened_with_pickle(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    The file was written by Booster.save_model, and the handler loads it with pickle or joblib.

    The SageMaker XGBoost image pickled the booster up to 1.2-2 and calls save_model since 1.3-1, both under the name
    xgboost-model: code made for one doesn't read the other. Load it with ``xgboost.Booster().load_model(path)``.
    """
    from doctor.boosters import FORMATS
    from doctor.formats.kinds.xgboost import XGBoostFile
    from doctor.loading import pickle_loads

    loads = list(pickle_loads(handler))
    for file, _ in models.of(XGBoostFile):
        for load in (x for x in loads if x.path == file.path):
            first = "b" if file.format == "xgboost-binary" else "{"
            yield Finding(
                message=f"{file.path} was written by XGBoost's save_model ({FORMATS[file.format]}), and "
                f"{load.call.name} can't load it",
                evidence=(
                    Evidence(f"artifact:{file.path}", f"{FORMATS[file.format]}: begins with {first!r}"),
                    load.evidence,
                ),
                fix=f"booster = xgboost.Booster()\nbooster.load_model(os.path.join(model_dir, {file.path!r}))",
                likelihood=Likelihood.CERTAIN,
                log=_log(load.library, first),
                cause=f"artifact:{file.path}",
            )
            break


def _log(library: str, first: str) -> str:
    if library == "joblib":
        return "IndexError: pop from empty list" if first == "b" else "KeyError: 123"
    name = "pickle.UnpicklingError" if library == "dill" else "_pickle.UnpicklingError"
    return f"{name}: unpickling stack underflow" if first == "b" else f"{name}: invalid load key, '{{'."
