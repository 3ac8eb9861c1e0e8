"""Check: a pickle holds objects of pandas that the serving version can't load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A pickle holds objects of pandas that the serving version can't load",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://pandas.pydata.org/docs/reference/api/pandas.read_pickle.html",
    symptoms=(
        r"No module named 'pandas\.core\.indexes\.numeric'",
        r"Can't get attribute '(_unpickle_block|_timedelta_unpickle|_?_nat_unpickle)'",
        r"Argument 'placement' has incorrect type \(expected pandas\._libs",
        r"StringDtype\.__init__\(\) takes from 1 to 2 positional arguments",
        r"PickleError: Incompatible checksums",
    ),
    explains=("pickle-names-absent-module",),
)
def pandas_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    DataFrames, indexes and dtypes in a pickle are stored as pandas' internals, which change from version to version.

    Plain columns often survive, text of pandas 3 or integer indexes of pandas 1 don't. Serve with the pandas that
    trained, or keep what the model needs as lists, dicts and NumPy arrays: ``list(frame.columns)``.
    """
    from doctor.pandasskew import broken

    for found in broken(models, handler, serving, "load"):
        yield found if isinstance(found, Unknown) else found.finding(serving, "load")
