"""Check: a pickle ends before it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The pickle is cut short",
    fault="file-is-not-what-it-says",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/pickletools.html",
    symptoms=(r"UnpicklingError: pickle data was truncated", r"EOFError: Ran out of input", r"^EOFError"),
    explains=("pickle-names-absent-module", "pickle-names-main", "sklearn-pickle-skew", "numpy-pickle-skew"),
)
def pickle_truncated(models: Models, handler: Handler) -> Iterator[Finding | Unknown]:
    """
    A pickle ends with an opcode of its own, STOP; this one ends without.

    The copy or the upload was interrupted, the disk was full, or the file was packed while it was still open: call
    ``file.close()``, or use ``with open(...)``, before you pack. Compare its size with the original's and pack again.
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        if found.facts.truncated_at >= 0:
            end = found.facts.truncated_at
            yield found.told(
                Finding(
                    message=f"{found.file.path} ends after {end} bytes, before its pickle does",
                    evidence=found.evidence(f"{found.file.size} bytes, and no STOP at the end of the pickle"),
                    fix="write it again, closed before packing: with open(path, 'wb') as f: pickle.dump(model, f)",
                    likelihood=found.likelihood,
                    log=_log(found.facts.joblib, end),
                    cause=f"artifact:{found.file.path}",
                )
            )


def _log(joblib: bool, end: int) -> str:  # noqa: FBT001
    if joblib:
        return "EOFError"
    return "_pickle.UnpicklingError: pickle data was truncated" if end else "EOFError: Ran out of input"
