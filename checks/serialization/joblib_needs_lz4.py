"""Check: a joblib file is compressed with lz4, and the lz4 package isn't there when it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A joblib file needs lz4, which isn't there when it serves",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://joblib.readthedocs.io/en/stable/persistence.html",
    symptoms=(r"LZ4 is not installed",),
)
def joblib_needs_lz4(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    ``joblib.dump(model, path, compress="lz4")`` needs the lz4 package, and so does loading what it wrote.

    joblib doesn't bring that package with it. Add it to code/requirements.txt, or compress with zlib, which Python
    itself has: ``joblib.dump(model, path, compress=3)``.
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        if found.facts.compression == "lz4" and serving.finds("lz4") is None:
            yield Unknown(f"{serving.source} doesn't say whether lz4 is there")
        elif found.facts.compression == "lz4" and not serving.finds("lz4"):
            yield found.told(
                Finding(
                    message=f"{found.file.path} is compressed with lz4, and {serving.source} has no lz4 package",
                    evidence=(
                        *found.evidence("an LZ4 frame around a pickle"),
                        Evidence("serving:pkg/lz4", f"absent ({serving.source})"),
                    ),
                    fix="echo lz4 >> code/requirements.txt, or joblib.dump(model, path, compress=3) in training",
                    likelihood=found.likelihood,
                    log="ValueError: LZ4 is not installed. Install it with pip: https://python-lz4.readthedocs.io/",
                    cause="serving:pkg/lz4",
                )
            )
