"""Check: a name is used on some path that nothing defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.handler.undefined import undefined
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="The handler uses a name that nothing defines, on a path that not every request takes",
    fault="handler-contract",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://docs.python.org/3/library/exceptions.html#NameError",
    symptoms=(r"NameError: name '\w+' is not defined",),
)
def undefined_name_in_branch(handler: Handler) -> Iterator[Finding]:
    """
    One branch of a function uses a name that is neither assigned, nor imported, nor built in.

    Requests that take the branch, of one content type for instance, fail with a NameError; others work.
    """
    surely = {(u.path, u.name) for u in undefined(handler) if u.certain}
    for use in undefined(handler):
        if not use.certain and (use.path, use.name) not in surely:
            yield Finding(
                message=f"{use.path}:{use.line} uses {use.name}, which is defined and imported nowhere",
                evidence=(handler.seen(use.path, use.line),),
                fix=f"import {use.name}" if use.importable else f"define or import {use.name}",
                log=f"NameError: name '{use.name}' is not defined",
                cause=f"artifact:{use.path}:{use.name}",
            )
