"""Check: the sample has more columns than the booster has features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.xgboost import XGBoostFile
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The sample has more columns than the booster has features",
    fault="input-signature",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://github.com/dmlc/xgboost/blob/v3.2.0/src/learner.cc",
    symptoms=(
        r"Number of columns does not match number of features in booster",
        r"Feature size of \S+ inference data \d+ is not consistent with feature size of trained model \d+",
    ),
)
def xgboost_sample_does_not_fit(
    models: Models, handler: Handler, stack: str, target: Target, sample: bytes, content_type: str
) -> Iterator[Finding]:
    """
    A booster takes rows with as many columns as it was trained on, or fewer: those are taken for missing values.

    A request with the label still in front has one too many. Send the features alone, in the order of training, without
    a header.
    """
    if stack != "xgboost" or handler or "SAGEMAKER_PROGRAM" in target.variables:
        return
    columns = _columns(sample, content_type)
    for file, facts in models.of(XGBoostFile):
        if "/" in file.path or not 0 < facts.num_feature < columns:
            continue
        one = " (the label is in front?)" if columns == facts.num_feature + 1 else ""
        yield Finding(
            message=f"the sample has {columns} columns{one}, and {file.path} was trained on {facts.num_feature}",
            evidence=(
                Evidence("sample", f"{content_type}, {columns} columns"),
                Evidence(f"artifact:{file.path}", f"num_feature {facts.num_feature}"),
            ),
            fix="cut -d, -f2- sample.csv"
            if one
            else f"send the {facts.num_feature} features, in the order of training",
            log=f"Check failed: learner_model_param_.num_feature >= p_fmat->Info().num_col_ ({facts.num_feature} vs. "
            f"{columns}) : Number of columns does not match number of features in booster.",
            cause="sample:shape",
        )


def _columns(sample: bytes, content_type: str) -> int:
    """Return the columns of CSV whose rows have equally many numbers, 0 for anything else."""
    if content_type.partition(";")[0].strip().lower() not in {"text/csv", "csv"}:
        return 0
    try:
        rows = [line.split(",") for line in sample.decode().strip().splitlines()]
        for row in rows:
            _ = [float(field or "nan") for field in row]
    except ValueError:
        return 0
    counts = {len(row) for row in rows}
    return counts.pop() if len(counts) == 1 else 0
