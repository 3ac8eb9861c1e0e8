"""Puts findings in the order in which to mend them, consequences right after what causes them."""

from __future__ import annotations

from collections.abc import Iterable

from doctor.model import Check, Finding, Outcome, Ranked

_Pair = tuple[Check, Finding]
# Within a stage, what comes up first: a class that can't be imported before the arrays that are then read.
_AREAS = (
    "layout",
    "container",
    "endpoint",
    "handler",
    "imports",
    "versions",
    "serialization",
    "interface",
    "memory",
    "multimodel",
    "trials",
)


def rank(outcomes: Iterable[Outcome]) -> tuple[Ranked, ...]:
    """
    Return all findings: severity, likelihood, stage, then area decide; a finding that another explains follows it.

    A finding is explained by one of a check that names its check in `explains`, or by the best-ranked one that
    has the same `cause`. Nothing is explained by something less severe than itself.
    """
    pairs = sorted(((o.check, f) for o in outcomes for f in o.findings), key=_place)
    because: dict[int, Finding | None] = {}
    for check, finding in pairs:
        above = _explainer(check, finding, pairs)
        in_circle = above is not None and _root(above, because) is finding
        because[id(finding)] = None if in_circle else above
    placed: list[Ranked] = []
    for check, finding in pairs:
        if because[id(finding)] is None:
            placed.append(Ranked(check, finding))
            placed += [Ranked(c, f, check.id) for c, f in pairs if _root(f, because) is finding and f is not finding]
    return tuple(placed)


def _place(pair: _Pair) -> tuple[int, int, int, int, str, str]:
    check, finding = pair
    area = _AREAS.index(check.area) if check.area in _AREAS else len(_AREAS)
    return -check.severity, -finding.likelihood, check.stage, area, check.id, finding.message


def _explainer(check: Check, finding: Finding, pairs: list[_Pair]) -> Finding | None:
    for other, cause in pairs:
        if cause is finding or other.severity < check.severity:
            continue
        if check.id in other.explains:
            return cause
    same = next((f for c, f in pairs if finding.cause and f.cause == finding.cause), finding)
    return None if same is finding else same


def _root(finding: Finding, because: dict[int, Finding | None]) -> Finding:
    while (above := because.get(id(finding))) is not None:
        finding = above
    return finding
