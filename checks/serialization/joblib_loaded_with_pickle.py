"""Check: a file that joblib wrote is opened with pickle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.formats.kinds.pickled import PickleFacts
    from doctor.handler import Handler
    from doctor.models import Models

_FIRST = {"zlib": "x", "gzip": "\\x1f", "bz2": "B", "xz": "\\xfd", "lzma": "]", "lz4": "\\x04"}


@check(
    title="A file that joblib wrote is opened with pickle",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://joblib.readthedocs.io/en/stable/persistence.html",
    symptoms=(
        r"UnpicklingError: invalid load key, '(x|\\x1f|B|\\xfd|\]|\\x04|\\x[0-9a-f]{2}|.)'",
        r"UnpicklingError: pickle data was truncated",
    ),
)
def joblib_loaded_with_pickle(models: Models, handler: Handler) -> Iterator[Finding | Unknown]:
    """
    Joblib puts NumPy arrays between a pickle's opcodes as they are, or compresses the whole file.

    The pickle module understands neither. Load it with ``joblib.load(path)``. Without arrays and compression a joblib
    file is a plain pickle, and any of them loads it.
    """
    from doctor.pickles import loaded

    for found in loaded(models, handler):
        load = found.load
        if load is None or load.path != found.file.path or load.library == "joblib" or not found.facts.joblib:
            continue
        how = f"{found.facts.compression} data" if found.facts.compression else "raw arrays between its opcodes"
        yield found.told(
            Finding(
                message=f"{found.file.path} was written by joblib ({how}), and {load.call.name} can't read it",
                evidence=found.evidence(how),
                fix=f"-{load.call.name}(file)\n+joblib.load(os.path.join(model_dir, {found.file.path!r}))",
                likelihood=found.likelihood,
                log=_log(found.facts),
                cause=f"artifact:{found.file.path}",
            )
        )


def _log(facts: PickleFacts) -> str:
    first = _FIRST.get(facts.compression)
    return f"_pickle.UnpicklingError: invalid load key, '{first}'." if first else "_pickle.UnpicklingError"
