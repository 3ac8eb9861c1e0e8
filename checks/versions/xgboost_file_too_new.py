"""Check: a booster that a newer XGBoost wrote in a way the serving one can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The model was saved by a newer XGBoost, in a form that the serving one can't read",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html",
    symptoms=(r"Invalid cast, from Integer to Boolean", r"Expecting: \"\"\", got: \"76 \"", r"\{L\\0\\0"),
)
def xgboost_file_too_new(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    XGBoost 1.6 changed its JSON (splits are numbers, no longer booleans) and brought UBJSON.

    Versions 1.5 and earlier read neither. All later versions read both, older and newer. Serve with XGBoost 1.6 or
    later, or train with the version that serves.
    """
    from doctor.boosters import FORMATS, distribution, fate, opened_by, reads, version
    from doctor.formats.kinds.xgboost import XGBoostFile

    for file, facts in models.of(XGBoostFile):
        found = reads(file.path, handler) if file.format != "xgboost-binary" else []
        there = version(serving) if found else None
        result = fate(file, facts, there) if there is not None else None
        if isinstance(result, Unknown):
            yield result
        if isinstance(result, Unknown) or result is None or not result.error:
            continue
        writer = file.writer["xgboost"]
        yield Finding(
            message=f"{file.path} was saved by xgboost {writer} as {FORMATS[file.format]}, which xgboost {there} "
            "can't read",
            evidence=(
                Evidence(f"artifact:{file.path}", f"{FORMATS[file.format]} of xgboost {writer}"),
                serving.evidence(distribution(serving)),
                result.evidence("xgboost"),
                *opened_by(found[0]),
            ),
            fix=f"serve with xgboost=={writer}, or train with xgboost=={there}",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log=result.error,
            cause=f"serving:pkg/{distribution(serving)}",
        )
