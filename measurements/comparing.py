"""Compares a new measurement with the committed one, leaving out releases that came since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from doctor import facts
from measurements.table import Pair, pairs


def differences(name: str, measured: Mapping[str, Any]) -> Iterator[str]:
    """
    Yield one line for each thing that a measurement has otherwise than the committed data of that name.

    Args:
        name: of the data file.
        measured: the new data, without environments that the committed data don't have.
    """
    try:
        committed = facts.load(name)
    except FileNotFoundError:
        yield f"{name}: nothing is committed"
        return
    if "environments" not in committed:  # derived from a table: compared as it is
        yield from (f"{name}: {k} differs" for k in committed if k != "measured" and committed[k] != measured.get(k))
        return
    old, new = committed["environments"], measured["environments"]
    for env in old:
        if env not in new:
            yield f"{name}: {env} was not measured"
        elif old[env] != new[env]:
            yield f"{name}: {env} holds other packages"
    yield from _pairs(name, committed, measured)


def _pairs(name: str, committed: Mapping[str, Any], measured: Mapping[str, Any]) -> Iterator[str]:
    before, now = {_key(p): p for p in pairs(committed)}, {_key(p): p for p in pairs(measured)}
    for key in sorted({*before, *now}):
        if before.get(key) != now.get(key):
            yield f"{name}: {' '.join(key)}: was {_said(before.get(key))}, is {_said(now.get(key))}"


def _key(pair: Pair) -> tuple[str, str, str]:
    return pair.object, pair.writer, pair.reader


def _said(pair: Pair | None) -> str:
    return "not measured" if pair is None else pair.error or "works"
