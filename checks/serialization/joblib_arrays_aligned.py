"""Check: a joblib file's arrays are aligned, which joblib before 1.2 doesn't know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A joblib file of joblib 1.2 or newer, served with an older joblib",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/kserve/kserve/issues/2818",
    symptoms=(r"dispatch\[key\[0\]\]\(self\)", r"KeyError: \d+$"),
)
def joblib_arrays_aligned(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Since 1.2.0 joblib puts some bytes before each array, so that it can be mapped into memory at an aligned address.

    Older versions take those bytes for the pickle's next instruction, and fail with a number that says nothing:
    ``KeyError: 0``. Serve with joblib 1.2 or newer, or dump with pickle.
    """
    from doctor.facts import load
    from doctor.pickles import loaded

    since = load("numpy_pickles")["joblib"]["aligned_since"]
    for found in loaded(models, handler):
        there = serving.version("joblib") if found.facts.padding >= 0 else None
        if there is not None and there.release < tuple(int(p) for p in since.split(".")):
            yield found.told(
                Finding(
                    message=f"{found.file.path} was written by joblib {since} or newer, whose arrays {there} of "
                    f"{serving.source} can't read",
                    evidence=(
                        *found.evidence(f"{found.facts.padding} bytes of padding before the first array"),
                        serving.evidence("joblib"),
                    ),
                    fix=f"echo 'joblib>={since}' >> code/requirements.txt",
                    likelihood=found.likelihood,
                    log="KeyError: ...",  # the number is a byte of the array
                    cause="serving:pkg/joblib",
                )
            )
