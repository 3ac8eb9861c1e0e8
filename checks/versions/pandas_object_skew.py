"""Check: a pickle holds objects of pandas that load and can't be used with the serving version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A pickle holds objects of pandas that load and then fail when they are used",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://pandas.pydata.org/docs/reference/api/pandas.read_pickle.html",
    symptoms=(
        r"'(StringDtype|IntervalArray)' object has no attribute '_\w+'",
        r"copy\(\) got an unexpected keyword argument 'deep'",
        r"dtype_equal case should be handled elsewhere",
    ),
)
def pandas_object_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Loading a pickle of pandas sets the attributes that its objects had; a later version's code may ask for others.

    A column of text or of intervals then fails at the first operation on it, also at printing. Serve with the pandas
    that trained, or keep what the model needs as lists, dicts and NumPy arrays.
    """
    from doctor.pandasskew import broken

    for found in broken(models, handler, serving, "predict"):
        yield found if isinstance(found, Unknown) else found.finding(serving, "use")
