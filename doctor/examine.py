"""The engine: one loop over the checks. Knows no single check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from doctor.errors import BadInput, Unreadable
from doctor.model import Check, Finding, Outcome, Status, Unknown


class Parts(Protocol):
    """What checks ask for by name."""

    def part(self, name: str) -> Any:
        """Return a part; Unknown where it was not given or can't be read."""


def examine(checks: Iterable[Check], parts: Parts) -> tuple[Outcome, ...]:
    """Return the outcome of each check. BadInput passes through: it is the user's to mend."""
    return tuple(ask(check, parts) for check in checks)


def ask(check: Check, parts: Parts) -> Outcome:
    """Return the outcome of one check; what it found before it stopped stays."""
    findings: list[Finding] = []
    reasons: list[str] = []
    try:
        for item in check.ask(*(parts.part(name) for name in check.inputs)):
            if isinstance(item, Unknown):
                reasons.append(str(item))
            else:
                findings.append(item)
    except (Unknown, Unreadable) as reason:
        reasons.append(str(reason))
    except BadInput:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a check does, the others still run, and the report says so
        return Outcome(check, Status.CRASHED, tuple(findings), (_crash(error),))
    status = Status.FOUND if findings else Status.UNKNOWN if reasons else Status.CLEAR
    return Outcome(check, status, tuple(findings), tuple(reasons))


def _crash(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" at {frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}" if frame else ""
    return f"{type(error).__name__}: {error}{where}"
