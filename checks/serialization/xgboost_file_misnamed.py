"""Check: a booster whose name ends in .json or .ubj and whose bytes are of another format."""

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
    title="XGBoost believes the name's ending, and the bytes are of another format",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="dmlc/xgboost#8728",
    symptoms=(r"Check failed: str\[0\] == '\{' \(b vs\. \{\)", r"Expecting: \"L\", got: ", r"Expecting: \"\"\", got: "),
    explains=("xgboost-binary-removed",),
)
def xgboost_file_misnamed(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    XGBoost takes .json and .ubj at their word; a file of any other name it knows by its first bytes.

    So a JSON file renamed to .ubj, or a "model.ubj" that XGBoost 1.5 wrote (it knew no UBJSON and wrote its binary
    format), doesn't load. Give the file the ending of what it holds, or none.
    """
    from packaging.version import Version

    from doctor.boosters import FORMATS, distribution, fate, opened_by, reads, version
    from doctor.formats.kinds.xgboost import XGBoostFile

    names = load("xgboost")["names"]
    for file, facts in models.of(XGBoostFile):
        ending = "." + file.path.rpartition(".")[2]
        wanted, since = names["believed"].get(ending, (file.format, "0"))
        found = reads(file.path, handler) if wanted != file.format else []
        there = version(serving) if found else None
        if there is None or there < Version(since):
            continue
        measured = fate(file, facts, there)
        right = file.path.rpartition(".")[0] + {"xgboost-json": ".json", "xgboost-ubj": ".ubj"}.get(file.format, ".bin")
        yield Finding(
            message=f"{file.path} is named as {FORMATS[wanted]} and holds {FORMATS[file.format]}: xgboost {there} "
            "goes by the name and fails",
            evidence=(
                Evidence(f"artifact:{file.path}", f"holds {FORMATS[file.format]}"),
                serving.evidence(distribution(serving)),
                *opened_by(found[0]),
            ),
            fix=f"mv {file.path} {right}  # and load it by that name",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log=getattr(measured, "error", "") or names["logs"][file.format],
            cause=f"artifact:{file.path}",
        )
