"""Check: Python can't parse a script of the handler."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.formats.source import SyntaxProblem
    from doctor.handler import Handler


@check(
    title="A script of the handler isn't valid Python",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/library/exceptions.html#SyntaxError",
    symptoms=(r"(SyntaxError|IndentationError|TabError): ",),
    explains=("hooks-absent", "hook-misspelt"),
)
def handler_syntax_error(handler: Handler) -> Iterator[Finding | Unknown]:
    """
    The server imports the handler when it starts, and Python can't even parse it.

    Each worker dies while it starts, so the endpoint never gets healthy, or answers /ping and no request. Run
    ``python -m py_compile code/inference.py`` before you pack.
    """
    for script in handler.scripts.values():
        if script.error is None or not handler.imported(script):
            continue
        if _newer(script.error):
            newest = f"{sys.version_info.major}.{sys.version_info.minor}"
            yield Unknown(
                f"{script.path}:{script.error.line} may need a Python newer than {newest}, which reads it here"
            )
            continue
        yield Finding(
            message=f"{script.path} can't be parsed: {script.error.message}, line {script.error.line}",
            evidence=(
                Evidence(handler.where(script.path, script.error.line), script.error.text or script.error.message),
            ),
            fix=f"mend line {script.error.line}, then: python -m py_compile {script.path}",
            log=f"{script.error.kind}: {script.error.message}",
            cause=f"artifact:{script.path}",
        )


def _newer(error: SyntaxProblem) -> bool:
    """Say whether the line has what a newer Python than ours may read: 3.12's f-strings and types, 3.14's except."""
    if sys.version_info >= (3, 14):
        return False
    starts = ("type ", "except", "def ", "class ", "async def ")
    quoted = any(f"{p}{q}" in error.text for p in "fFtT" for q in "\"'")
    subscripted = error.text.startswith(starts) and ("[" in error.text or error.text.startswith(("type ", "except")))
    return quoted or subscripted
