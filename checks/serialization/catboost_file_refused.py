"""Check: a file called .cbm that isn't in CatBoost's binary format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A .cbm file isn't in CatBoost's binary format",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="catboost/catboost#235",
    symptoms=(r"CatBoostError: .*Incorrect model file descriptor",),
)
def catboost_file_refused(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    load_model reads CatBoost's binary format, which begins with CBM1, unless its format argument says otherwise.

    A model saved as JSON, pickled, or by a CatBoost before 0.4 and called .cbm is refused. Save it with
    ``model.save_model("model.cbm")``, or say its format: ``load_model(path, format="json")``.
    """
    from doctor.loading import catboost_loads, keyword, uses

    loads = list(catboost_loads(handler))
    broken = {b.path: b.reason for b in models.broken.values() if b.format == "catboost" and not b.cut_short}
    others = {f.path: f"it is a {f.format} file" for f in models.files if _misnamed(f)}
    for path, reason in {**broken, **others}.items():
        found = uses(path, loads, handler)
        if not found or (found[0].load and keyword(found[0].load, "format", 1) is not None):
            continue
        yield Finding(
            message=f"{path} is called a CatBoost model and holds something else: load_model refuses it",
            evidence=(Evidence(f"artifact:{path}", f"{reason}; CatBoost's binary format begins with CBM1"),),
            fix=f"in training: model.save_model('{path}')",
            likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
            log="_catboost.CatBoostError: catboost/libs/model/model.cpp: Incorrect model file descriptor",
            cause=f"artifact:{path}",
        )


def _misnamed(file: ModelFile) -> bool:
    """Whether a file has the ending of CatBoost's binary format and other contents."""
    json = getattr(file.facts, "form", "") == "json"
    return file.path.endswith(".cbm") and (json or file.format != "catboost")
