"""Check: a LightGBM model file that the serving version can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The LightGBM model was saved by a version whose file the serving one can't read",
    fault="gbdt-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="lightgbm-org/LightGBM#1544",
    symptoms=(r"LightGBMError: unordered_map::at", r"Tree model should contain num_cat field"),
)
def lightgbm_file_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    LightGBM reads the text models of other versions, but for a few pairs of versions in which a reader was broken.

    Which pairs these are was measured. Which version saved the file shows in the parameters that stand behind the
    trees. Serve with another version of LightGBM, or train with the one that serves.
    """
    from packaging.version import Version

    from doctor.formats.kinds.trees import LightGBMFile
    from doctor.loading import lightgbm_loads, uses
    from doctor.measured import outcome

    for file, facts in models.of(LightGBMFile):
        found = uses(file.path, list(lightgbm_loads(handler)), handler)
        there = serving.version("lightgbm") if found else None
        if there is None or facts.wrong is not None:
            continue
        writer = file.writer.get("lightgbm")
        kind = facts.objective if facts.objective in {"binary", "multiclass"} else "regression"
        result = outcome("lightgbm", [f"saved-{kind}.txt"], Version(writer), there) if writer else None
        if isinstance(result, Unknown):
            yield result
        elif result is not None and result.error:
            yield Finding(
                message=f"{file.path} was saved by lightgbm {writer}, and lightgbm {there} fails to {result.at} it",
                evidence=(
                    Evidence(f"artifact:{file.path}", f"version={facts.version}, parameters of lightgbm {writer}"),
                    serving.evidence("lightgbm"),
                    result.evidence("lightgbm"),
                ),
                fix=f"echo lightgbm=={writer} >> code/requirements.txt, or train again with lightgbm=={there}",
                likelihood=Likelihood.CERTAIN if found[0].sure else Likelihood.LIKELY,
                log=result.error,
                cause="serving:pkg/lightgbm",
            )
