"""
``make bench ONLY=peers``: doctor and the tools people use today on every fixture, in one run.

A tool *fails* a fixture where its exit status says so (peers.json: "fails", as its documentation has it). It *names
the cause* where one of its own lines, at whatever level, matches a pattern that peers.json holds for the fault's class
or check; what such a pattern catches as ``quoted`` must stand in what really happened (deployment.json: "truth").
doctor names the cause only where its first finding is the check that the fixture is for. A fixture that holds nothing
for a tool is not given to it.

    python benchmarks/peers.py                        all of them; writes the table into README.md
    python benchmarks/peers.py --only NAME --tool X   a try, which writes nothing
    python benchmarks/peers.py --recorded             judge the last run's output again, after peers.json was changed
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from measuring import Run, run, tool, version
from peer_inputs import ROOT, Input, names, prepare
from peer_tools import OUT, TOOLS, Call, Tool

HERE = Path(__file__).parent
CACHE = HERE / ".cache"
RECORDED = CACHE / "peers.json"
RESULT = HERE / "peers-result.json"
README = ROOT / "README.md"
QUIET = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_COLOR": "1", "COLUMNS": "400", "PYTHONDONTWRITEBYTECODE": ""}
KINDS = ("sick", "healthy")
START, END = "<!-- peers -->", "<!-- /peers -->"


class Verdict(NamedTuple):
    """How a tool did on one fixture."""

    named: bool
    failed: bool


def program_of(peer: Tool) -> list[str] | None:
    """Return the command of a tool: doctor's own from this environment."""
    if peer.package == "endpoint-doctor":
        return [str(Path(sys.executable).with_name("doctor"))]
    return tool(CACHE, peer.package, peer.command, peer.beside)


def version_of(peer: Tool, program: list[str]) -> str:
    """Return a tool's version."""
    return version(program, peer.package)


def call(program: list[str], one: Call, out: Path) -> tuple[Run, str]:
    """Run one invocation; return it, and what it wrote."""
    out.unlink(missing_ok=True)
    arguments = [str(out) if a == OUT else a for a in one.arguments]
    seen = run([*program, *arguments], QUIET, cwd=one.cwd or out.parent, kept=1 << 22)
    return seen, out.read_text(errors="replace") if out.is_file() else ""


def read(peer: Tool, written: str, printed: str) -> list[str]:
    """Return what a tool said; an output of another form than we know is told, and doesn't end the run."""
    try:
        return [line[:600] for line in peer.said(written, printed)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        print(f"  {peer.name}'s output can't be read: {error!r}", file=sys.stderr, flush=True)
        return []


def meet(peer: Tool, program: list[str], given: Input, out: Path) -> dict[str, Any] | None:
    """Give a fixture to a tool; return what it said and what that took, None where there is nothing for it."""
    calls = peer.calls(given)
    if not calls:
        return None
    said: list[str] = []
    runs = []
    for one in calls:
        seen, written = call(program, one, out)
        runs.append(seen)
        said += read(peer, written, seen.output)
    return {
        "tool": peer.name,
        "given": peer.given,
        "kind": given.kind,
        "name": given.name,
        "statuses": [r.status for r in runs],
        "said": said,
        "seconds": sum(r.seconds for r in runs),
        "mib": max(r.mib for r in runs),
    }


def together(programs: dict[Tool, list[str]], inputs: list[Input], base: Path) -> Iterator[dict[str, Any]]:
    """Give all fixtures to each tool that takes many, in one invocation."""
    archives = [i.artifact for i in inputs if not i.whole]
    for peer, program in programs.items():
        if peer.together:
            seen, _ = call(program, peer.together(base / "folders", archives), base / "out.json")
            if "Traceback (most recent call last)" in seen.output:
                print(f"  {peer.name} ends with an exception when given all at once", flush=True)
                continue
            print(f"  {peer.name}, {peer.given}, all at once: {seen.seconds:.1f} s, {seen.mib:.0f} MiB", flush=True)
            yield {"tool": peer.name, "given": peer.given, "seconds": seen.seconds, "mib": seen.mib}


def record(peers: Iterable[Tool], chosen: list[tuple[str, str]]) -> dict[str, Any]:
    """Run every tool on every fixture in turn; return all that was said."""
    base = CACHE / "peers"
    shutil.rmtree(base, ignore_errors=True)
    programs = {peer: program for peer in peers if (program := program_of(peer))}
    inputs = [prepare(kind, name, base) for kind, name in chosen]
    seen = []
    for number, given in enumerate(inputs, 1):
        seen += [m for peer, program in programs.items() if (m := meet(peer, program, given, base / "out.json"))]
        if number % 25 == 0:
            print(f"  {number} of {len(inputs)} fixtures", flush=True)
    return {
        "date": dt.datetime.now(dt.timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {peer.name: version_of(peer, program) for peer, program in programs.items()},
        "truths": {f"{i.kind}/{i.name}": i.truth for i in inputs},
        "seen": seen,
        "together": list(together(programs, inputs, base)),
    }


def patterns() -> dict[str, Any]:
    """Return what counts, by tool."""
    tools: dict[str, Any] = json.loads((HERE / "peers.json").read_text())["tools"]
    return tools


def faults() -> dict[str, str]:
    """Return the class of each check's fault."""
    from doctor import suite

    return {c.id: c.fault for c in suite.load(suite.checks_package())}


def names_cause(said: list[str], accepted: list[str], truth: str) -> bool:
    """Whether a line matches a pattern, and what the pattern quotes is what really happened."""
    for line in said:
        for found in (re.search(p, line) for p in accepted):
            quoted = found.groupdict().get("quoted") if found else None
            if found and (quoted is None or re.search(rf"(?<!\w){re.escape(quoted)}(?!\w)", truth)):
                return True
    return False


def judge(one: dict[str, Any], fault: str, truth: str, rules: dict[str, Any]) -> Verdict:
    """Judge what a tool said of one fixture."""
    failed = any(status in rules["fails"] for status in one["statuses"]) and not _excused(one["said"], rules)
    check = one["name"].split("--")[0]
    if rules.get("ranked"):
        first = one["said"][0].split(":")[0].split(" ")[-1] if one["said"] else ""
        return Verdict(first == check, failed)
    accepted = [*rules["names"].get(check, []), *rules["names"].get(fault, [])]
    return Verdict(names_cause(one["said"], accepted, truth), failed)


def _excused(said: list[str], rules: dict[str, Any]) -> bool:
    """Whether all that was said is of our making: an optional part of the tool that we don't install."""
    patterns_of_ours = rules.get("excused", [])
    return bool(said and patterns_of_ours) and all(any(re.search(p, x) for p in patterns_of_ours) for x in said)


def row(tool_name: str, given: str, recorded: dict[str, Any], classes: dict[str, str]) -> dict[str, Any]:
    """Return one line of the table."""
    rules = patterns()[tool_name]
    seen = [o for o in recorded["seen"] if (o["tool"], o["given"]) == (tool_name, given)]
    verdicts = {}
    for one in seen:
        key = f"{one['kind']}/{one['name']}"
        verdicts[key] = judge(one, _fault(key, classes), recorded["truths"][key], rules)
    sick = {k: v for k, v in verdicts.items() if k.startswith("sick/")}
    all_sick = [k for k in recorded["truths"] if k.startswith("sick/")]
    own = [k for k in all_sick if rules.get("ranked") or {_fault(k, classes), _check(k)} & set(rules["names"])]
    at_once = [t["seconds"] for t in recorded["together"] if (t["tool"], t["given"]) == (tool_name, given)]
    return {
        "tool": tool_name,
        "version": recorded["versions"][tool_name],
        "given": given,
        "runs": len(seen),
        "named": sum(v.named for v in sick.values()),
        "own_classes": len(own),
        "named_and_failed": sum(v.named and v.failed for v in sick.values()),
        "failed_otherwise": sum(v.failed and not v.named for v in sick.values()),
        "false_alarms": sum(v.failed for k, v in verdicts.items() if k.startswith("healthy/")),
        "median_seconds": round(median(o["seconds"] for o in seen), 2),
        "sum_seconds": round(sum(o["seconds"] for o in seen)),
        "together_seconds": round(at_once[0]) if at_once else None,
        "median_mib": round(median(o["mib"] for o in seen if o["mib"] is not None)),
        "memory_of": sum(o["mib"] is not None for o in seen),
    }


def _check(key: str) -> str:
    return key.partition("/")[2].partition("--")[0]


def _fault(key: str, classes: dict[str, str]) -> str:
    return classes.get(_check(key), "")


def result(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return the table as data."""
    classes = faults()
    seen = {(o["tool"], o["given"]) for o in recorded["seen"]}
    ways = [(t.name, t.given) for t in TOOLS if (t.name, t.given) in seen]
    rows = [row(name, given, recorded, classes) for name, given in ways]
    counts = Counter(key.split("/")[0] for key in recorded["truths"])
    told = {k: recorded[k] for k in ("date", "python", "cores")}
    return {**told, "sick": counts["sick"], "healthy": counts["healthy"], "rows": rows}


def table(found: dict[str, Any]) -> str:
    """Return the table as it stands in README.md, markers and all."""
    lines = [
        START,
        f"{found['date']}, Python {found['python']}, {found['cores']} cores: {found['sick']} sick and "
        f"{found['healthy']} healthy fixtures, `make bench ONLY=peers`.",
        "",
        f"| tool | is given | names the cause, of {found['sick']} | fails without it | false alarms, of "
        f"{found['healthy']} | seconds, median | all, one by one / at once | peak memory |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found["rows"]:
        named = f"{one['named']}" if one["own_classes"] == found["sick"] else f"{one['named']} ({one['own_classes']})"
        at_once = f"{one['together_seconds']} s" if one["together_seconds"] is not None else "-"
        lines.append(
            f"| {one['tool']} {one['version']} | {one['given']} | {named} | {one['failed_otherwise']} | "
            f"{one['false_alarms']} | {one['median_seconds']:.2f} | {one['sum_seconds']} s / {at_once} | "
            f"{one['median_mib']} MiB |"
        )
    return "\n".join([*lines, END])


def write(text: str) -> None:
    """Put the table between its markers in README.md."""
    before, rest = README.read_text().split(START)
    README.write_text(before + text + rest.split(END)[1])


def show(recorded: dict[str, Any]) -> None:
    """Print what each tool said of each fixture and how that was judged: what peers.json is reviewed by."""
    classes = faults()
    for one in recorded["seen"]:
        key = f"{one['kind']}/{one['name']}"
        verdict = judge(one, _fault(key, classes), recorded["truths"][key], patterns()[one["tool"]])
        words = " named" * verdict.named + " failed" * verdict.failed
        print(f"{key} [{_fault(key, classes)}] {one['tool']}, {one['given']}: {one['statuses']}{words}")
        for line in one["said"][:8]:
            print(f"    {line[:200]}")


def main(arguments: list[str] | None = None) -> None:
    """Run, judge, print; write the README where everything was run."""
    parser = argparse.ArgumentParser(description="doctor beside other tools on the fixtures")
    parser.add_argument("--only", nargs="+", default=[], help="fixtures, by name or check")
    parser.add_argument("--tool", nargs="+", default=[], help="tools, by name")
    parser.add_argument("--recorded", action="store_true", help="judge the last whole run's output again")
    parser.add_argument("--show", action="store_true", help="print what was said of each fixture")
    asked = parser.parse_args(arguments)
    whole = not (asked.only or asked.tool)
    if asked.recorded:
        recorded = json.loads(RECORDED.read_text())
    else:
        chosen = [(k, n) for k in KINDS for n in names(k) if not asked.only or {n, n.split("--")[0]} & set(asked.only)]
        recorded = record([t for t in TOOLS if not asked.tool or t.name in asked.tool], chosen)
        if whole:
            RECORDED.write_text(json.dumps(recorded))
    if asked.show:
        show(recorded)
    found = result(recorded)
    print(f"\n{table(found)}")
    if whole:
        RESULT.write_text(json.dumps(found, indent=1) + "\n")
        write(table(found))


if __name__ == "__main__":
    main()
