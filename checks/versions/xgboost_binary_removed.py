"""Check: a booster in the binary format, which XGBoost 3.1 and later don't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="XGBoost no longer reads the binary model format",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html",
    symptoms=(r"binary format has been deprecated in 1\.6 and removed in 3\.1", r"Check failed: str\[0\] == '\{'"),
)
def xgboost_binary_removed(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    Up to 2.0, save_model wrote XGBoost's own binary format under any name that doesn't end in .json or .ubj.

    XGBoost 3.1 removed the reader. Load the file once with 3.0 or earlier and save it as .ubj or .json; the trees stay
    the same.
    """
    from packaging.version import Version

    from doctor.boosters import distribution, fate, opened_by, reads, version
    from doctor.formats.kinds.xgboost import XGBoostFile

    for file, booster in models.of(XGBoostFile):
        if file.format != "xgboost-binary":
            continue
        found = reads(file.path, handler)
        there = version(serving) if found else None
        facts = load("xgboost")["binary"]
        if there is None or there < Version(facts["removed"]):
            continue
        measured = getattr(fate(file, booster, there), "error", "")
        by = f"XGBoost {file.writer['xgboost']}" if file.writer else "an old XGBoost"
        yield Finding(
            message=f"{file.path} is in the binary format that {by} wrote; xgboost {there} doesn't read it any more",
            evidence=(
                Evidence(f"artifact:{file.path}", f"holds the binary format of {by}"),
                serving.evidence(distribution(serving)),
                *opened_by(found[0]),
            ),
            fix=f"with xgboost<3.1: b = xgboost.Booster(model_file='{file.path}'); b.save_model('model.ubj')",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log=(measured or facts["log"]).replace("{path}", f"/opt/ml/model/{file.path}"),
            cause=f"artifact:{file.path}",
        )
