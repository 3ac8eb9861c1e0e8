"""Check: a name is used that nothing defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.undefined import undefined
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The handler uses a name that nothing defines",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.python.org/3/library/exceptions.html#NameError",
    symptoms=(r"NameError: name '\w+' is not defined",),
)
def undefined_name(handler: Handler) -> Iterator[Finding]:
    """
    A function that runs for sure uses a name that is neither assigned, nor imported, nor built in.

    Mostly an import that a notebook had in another cell. The endpoint starts, and each request fails with a NameError.
    """
    for use in undefined(handler):
        if use.certain:
            yield Finding(
                message=f"{use.path}:{use.line} uses {use.name}, which is defined and imported nowhere",
                evidence=(handler.seen(use.path, use.line),),
                fix=f"import {use.name}" if use.importable else f"define or import {use.name}",
                log=f"NameError: name '{use.name}' is not defined",
                cause=f"artifact:{use.path}:{use.name}",
            )
