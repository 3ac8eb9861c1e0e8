"""
Asks doctor about every measured pair as a user would: the object in an artifact, the reader's packages as --serving.

What works must get no finding above a note; what breaks must get an error that quotes the measured message, or any
error where what happens isn't defined and no two runs need say the same.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from doctor import facts, suite
from doctor.artifact.collecting import Collector, Examined
from doctor.artifact.tree import Member
from doctor.deployment import Deployment, Plan
from doctor.environment import Environment
from doctor.environments.declared import of_lines
from doctor.formats.stream import stream_of
from doctor.model import Check, Finding, Severity
from doctor.reporting import report_on
from measurements import table
from measurements.family import Family, families
from measurements.stored import objects
from measurements.table import Pair

VERDICTS = ("silent, works", "told, breaks", "false alarm", "missed", "told otherwise")
_BAD = VERDICTS[2:]
UNDEFINED = "undefined: "  # begins what was measured where no message holds from run to run: any error tells it


class Case(NamedTuple):
    """A pair, and what doctor said of it: the verdict, and the line that shows why it is a bad one."""

    pair: Pair
    verdict: str
    shown: str = ""


def hold(chosen: list[Family], *, show: int = 15) -> int:
    """Print the counts of each family, and the cases that went wrong; return 1 where one did."""
    bad = 0
    for family in chosen:
        cases = list(held(family))
        counts = Counter(c.verdict for c in cases)
        print(f"{family.name:14} {len(cases):6} pairs  " + "  ".join(f"{v} {counts[v]}" for v in VERDICTS if counts[v]))
        wrong = [c for c in cases if c.verdict in _BAD]
        bad += len(wrong)
        for line in _examples(wrong, show):
            print(line)
    return 1 if bad else 0


def _examples(wrong: list[Case], show: int) -> Iterator[str]:
    groups: dict[tuple[str, str, str], list[Case]] = defaultdict(list)
    for case in wrong:
        groups[case.verdict, case.pair.object, case.shown].append(case)
    ordered = sorted(groups.items(), key=lambda g: -len(g[1]))
    for (verdict, name, shown), cases in ordered[:show]:
        first = cases[0].pair
        yield f"  {verdict} x{len(cases)}: {name} {first.writer} -> {first.reader}: {first.error[:160] or 'works'}"
        yield f"      {shown[:300]}"
    if len(ordered) > show:
        yield f"  and {len(ordered) - show} other groups"


def held(family: Family) -> Iterator[Case]:
    """Yield what doctor says of every pair of a family that is deployed as it is."""
    measured = facts.load(f"measured/{family.name}")
    by: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in table.pairs(measured):
        if family.served(pair.object) is not None:
            by[pair.object, pair.writer].append(pair)
    work = [(family.name, pairs) for pairs in by.values()]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for cases in pool.map(_judged, work, chunksize=8):
            yield from cases


def _judged(work: tuple[str, list[Pair]]) -> list[Case]:
    name, pairs = work
    family = families()[name]
    examined = _examined(family, pairs[0])
    return [_case(family, p, examined) for p in pairs]


def _examined(family: Family, pair: Pair) -> Examined:
    """Read an object once, as a member of an artifact with what is deployed beside it."""
    served = family.served(pair.object)
    assert served is not None
    members: dict[str, bytes] = {p: text.encode() for p, text in served.files.items()}
    prefix = f"{pair.writer}/{pair.object}"
    for path, data in objects(family.name).items():
        if path == prefix or path.startswith(prefix + "/"):
            members[served.path + path[len(prefix) :]] = data
    collector = Collector(0)
    for path, data in members.items():
        collector.take(Member(path, "file", len(data), raw=path), stream_of(data))
    return collector.examined("model.tar.gz", "tar.gz", 0)


def _case(family: Family, pair: Pair, examined: Examined) -> Case:
    served = family.served(pair.object)
    assert served is not None
    serving = _environment(family.name, pair.reader)
    plan = Plan("model.tar.gz", stack=served.stack, variables=_variables(family, pair.reader))
    report = report_on(Deployment(plan, {"examined": examined, "serving": serving}), _checks())
    findings = [(o.check, f) for o in report.outcomes for f in o.findings if o.check.severity >= Severity.WARNING]
    return Case(pair, *_verdict(pair, findings))


def _variables(family: Family, name: str) -> dict[str, str]:
    """Return what an environment sets for the library, without what only the program reads."""
    set_there = next((e.variables for e in family.environments if e.name == name), ())
    return {n: value for n, value in set_there if not n.startswith("MEASURED_")}


def _verdict(pair: Pair, findings: list[tuple[Check, Finding]]) -> tuple[str, str]:
    errors = [(c, f) for c, f in findings if c.severity is Severity.ERROR]
    if not pair.error:
        return ("false alarm", f"{findings[0][0].id}: {findings[0][1].message}") if findings else (VERDICTS[0], "")
    if not errors:
        return "missed", findings[0][1].message if findings else ""
    if pair.error.startswith(UNDEFINED) or any(_says(f.log, pair.error) for _, f in errors):
        return VERDICTS[1], ""
    return "told otherwise", f"{errors[0][0].id}: {errors[0][1].log}"


def _says(log: str, error: str) -> bool:
    """Say whether a finding's log line is the measured message, or as much of it as doesn't depend on the run."""
    told, measured = _bare(log), _bare(error)
    return bool(told and measured) and (told in measured or measured in told)


def _bare(line: str) -> str:
    """Return a message's words: no module before the exception, no paths, numbers in brackets or addresses."""
    line = re.sub(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Warning)?): ", r"\1: ", line.strip())
    line = re.sub(r"(?:\.\./)?(?:\w+/)+\w+\.(?:cc|h)(?::\d+)?: ", "", line)
    line = re.sub(r"(?:\.\.\.|(?:/[\w.+-]+)+|\{path\})/?\S*|0x[0-9a-f.]+|:\d+:|\[\d\d:\d\d:\d\d\]", "", line)
    return " ".join(re.sub(r" from(?! failed:).*| on <module.*|\.\.\.$", "", line).split())


@cache
def _environment(family: str, name: str) -> Environment:
    """Return a reader's packages as ``pip freeze`` would list them to ``--serving``."""
    found = facts.load(f"measured/{family}")["environments"][name]
    lines = [f"# python {found['python']}", *(f"{n}=={v}" for n, v in found["packages"].items())]
    return of_lines("serving", f"{name}.txt", Path("serving.txt"), "\n".join(lines).encode())


@cache
def _checks() -> tuple[Check, ...]:
    return suite.load(suite.checks_package())
