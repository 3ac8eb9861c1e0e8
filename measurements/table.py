"""The measured table of a family, as ``doctor/facts/measured/<family>.json`` keeps it."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FACTS = Path(__file__).parent.parent / "doctor" / "facts"


class Pair(NamedTuple):
    """What became of one object between two environments: ``at`` and ``error`` are "" where it works."""

    object: str
    writer: str
    reader: str
    at: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()


def path(family: str) -> Path:
    """Return where a family's table is kept."""
    return FACTS / "measured" / f"{family}.json"


def build(
    family: str,
    leading: str,
    environments: Mapping[str, tuple[str, dict[str, str]]],
    pairs: list[Pair],
    unwritten: Mapping[str, list[str]],
    unread: Mapping[str, list[str]],
) -> dict[str, Any]:
    """
    Return the table: everything that was measured and isn't listed as a failure works.

    Args:
        family: its name.
        leading: the distribution whose versions name the environments.
        environments: name to Python and packages.
        pairs: all that was measured.
        unwritten: object to the environments that could not write it.
        unread: object to the environments that have nothing to read it with.
    """
    return {
        "family": family,
        "source": f"own runs of the releases on PyPI: make facts FAMILY={family}",
        "measured": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "leading": leading,
        "environments": {n: {"python": p, "packages": found} for n, (p, found) in environments.items()},
        "objects": sorted({p.object for p in pairs}),
        "unwritten": {k: v for k, v in sorted(unwritten.items()) if v},
        "unread": {k: v for k, v in sorted(unread.items()) if v},
        "failures": _grouped(
            pairs, lambda p: (p.object, p.at, p.error) if p.error else None, ("object", "at", "error")
        ),
        "warnings": _grouped(
            pairs,
            lambda p: (p.object, " ".join(p.warnings)) if p.warnings and not p.error else None,
            ("object", "names"),
        ),
    }


def _grouped(pairs: list[Pair], key: Any, names: tuple[str, ...]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        of = key(pair)
        if of is not None:
            groups[of][pair.writer].append(pair.reader)
    return [{**dict(zip(names, of, strict=True)), "pairs": groups[of]} for of in sorted(groups)]


def pairs(table: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield all that a table holds, works and failures, in a steady order."""
    failed = {key: (row["at"], row["error"]) for row, key in _cells(table["failures"])}
    warned = {key: ("", "", tuple(row["names"].split())) for row, key in _cells(table["warnings"])}
    for name in table["objects"]:
        for writer in table["environments"]:
            if writer in table["unwritten"].get(name, ()):
                continue
            for reader in table["environments"]:
                if reader not in table.get("unread", {}).get(name, ()):
                    key = (name, writer, reader)
                    yield Pair(*key, *(failed.get(key) or warned.get(key) or ()))


def _cells(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], tuple[str, str, str]]]:
    for row in rows:
        for writer, readers in row["pairs"].items():
            for reader in readers:
                yield row, (row["object"], writer, reader)


def restricted(table: Mapping[str, Any], environments: set[str]) -> dict[str, Any]:
    """Return a table without the environments that are not named."""

    def kept(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        left = (
            {
                **row,
                "pairs": {
                    w: [r for r in rs if r in environments] for w, rs in row["pairs"].items() if w in environments
                },
            }
            for row in rows
        )
        return [{**row, "pairs": found} for row in left if (found := {w: r for w, r in row["pairs"].items() if r})]

    return {
        **table,
        "environments": {n: e for n, e in table["environments"].items() if n in environments},
        "failures": kept(table["failures"]),
        "warnings": kept(table["warnings"]),
        **{
            part: {k: left for k, v in table[part].items() if (left := [e for e in v if e in environments])}
            for part in ("unwritten", "unread")
        },
    }


def save(name: str, data: Mapping[str, Any]) -> Path:
    """Write a data file of ``doctor/facts``, a row a line so that a change can be read; return its path."""
    into = FACTS / f"{name}.json"
    into.parent.mkdir(exist_ok=True)
    into.write_text(_shown(data, 0) + "\n")
    return into


def _shown(value: Any, depth: int) -> str:
    """Return JSON with the outer two levels one entry a line."""
    indent = " " * (depth + 1)
    if depth < 2 and isinstance(value, dict) and value:
        rows = (f"{indent}{json.dumps(k)}: {_shown(v, depth + 1)}" for k, v in value.items())
        return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"
    if depth < 2 and isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(indent + _shown(v, 2) for v in value) + "\n" + " " * depth + "]"
    return json.dumps(value, separators=(",", ":"))
