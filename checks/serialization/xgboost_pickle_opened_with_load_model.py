"""Check: a pickle that the handler hands to XGBoost's load_model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A pickle is opened with XGBoost's load_model",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html",
    symptoms=(
        r"XGBoostError: (std::bad_alloc|basic_string::)",
        r"UnicodeDecodeError: 'utf-8' codec can't decode byte 0x80 in position",
    ),
)
def xgboost_pickle_opened_with_load_model(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    The file is a pickle of a booster or classifier, and load_model reads only what save_model wrote.

    Load it as it was written, with pickle or joblib and the same XGBoost; or better, save the model with
    ``model.save_model("model.ubj")``, which later versions read too.
    """
    from doctor.loading import xgboost_loads

    loads = list(xgboost_loads(handler))
    for file in models.files:
        if file.format not in {"pickle", "joblib"}:
            continue
        for load in (x for x in loads if x.path == file.path):
            yield Finding(
                message=f"{file.path} is a {_kind(file)}, and load_model reads only what save_model wrote",
                evidence=(Evidence(f"artifact:{file.path}", _saw(file)), load.evidence),
                fix=f"import joblib\nmodel = joblib.load(os.path.join(model_dir, {file.path!r}))",
                likelihood=Likelihood.CERTAIN,
                log="xgboost.core.XGBoostError: std::bad_alloc",
                cause=f"artifact:{file.path}",
            )
            break


def _kind(file: ModelFile) -> str:
    ours = next((str(s) for s in file.symbols if s.module.startswith("xgboost")), "")
    return f"pickled {ours}" if ours else "pickle"


def _saw(file: ModelFile) -> str:
    return f"a pickle of {_kind(file).removeprefix('pickled ')}" if _kind(file) != "pickle" else "begins as a pickle"
