"""
How right the symbols are: every name of every module of installed libraries, asked of their source.

For each environment and package given, its own interpreter imports all modules and says what each of them has; then
the same is asked of the source, which nothing imports. A name that is there and is called absent is a false alarm:
there must be none. Names that nobody has, and names that only another of the given versions has, show how many of the
absent ones are told.

Usage: python benchmarks/symbols.py ENVIRONMENT:PACKAGE[,PACKAGE...] ...
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from doctor.environments.folder import Disk, site_folders
from doctor.symbols.lookup import Symbols

INVENTED = ("Zebra", "zebra_crossing", "_zebra")
SAYS = Path(__file__).parent.parent / "measurements" / "programs" / "symbols.py"


def said(prefix: Path, package: str) -> dict[str, object]:
    """Return what the environment's own interpreter finds in every module of a package; kept once known."""
    kept = Path(__file__).parent / ".cache" / "symbols" / f"{prefix.name}-{package}.json"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        command = [str(prefix / "bin" / "python"), str(SAYS), package]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
        kept.write_text(answer.stdout)
    return json.loads(kept.read_text() or "{}")


def symbols(prefix: Path, python: str) -> Symbols:
    """Return the symbols of an environment on disk."""
    roots = tuple(str(s) for s in site_folders(prefix))
    return Symbols(roots, Disk(), python, most=1_000_000)


def main(given: list[str]) -> int:
    """Compare all that was given; 1 where there was a false alarm."""
    truth: dict[tuple[str, str], dict[str, list[str]]] = {}
    pythons: dict[str, str] = {}
    for word in given:
        prefix, _, packages = word.partition(":")
        for package in packages.split(","):
            answer = said(Path(prefix), package)
            if answer:
                truth[prefix, package] = answer["modules"]
                pythons[prefix] = str(answer["python"])
    alarms = 0
    for (prefix, package), modules in truth.items():
        others = [m for (p, q), m in truth.items() if q == package and p != prefix]
        alarms += compared(prefix, package, pythons[prefix], modules, others)
    print(f"false alarms in all: {alarms}")
    return 1 if alarms else 0


def compared(
    prefix: str, package: str, python: str, modules: dict[str, list[str]], others: list[dict[str, list[str]]]
) -> int:
    """Ask the source of one package about all names, print the counts and the false alarms, and return how many."""
    asked = symbols(Path(prefix), python)
    there, missing, invented, wrong = Counter(), Counter(), Counter(), []
    start = time.perf_counter()
    for module, names in modules.items():
        for name in names:
            said = asked.has(module, name)
            there[said.there] += 1
            if said.there is False:
                wrong.append((module, name, said.where))
        lacking = {n for other in others for n in other.get(module, ()) if not n.endswith("__")} - set(names)
        for name in lacking:
            missing[asked.has(module, name).there] += 1
        for name in INVENTED:
            invented[asked.has(module, name).there] += 1
    took = time.perf_counter() - start
    print(
        f"{Path(prefix).name:14} {package:14} {len(modules):5} modules {took:6.1f} s | there: {there[True]} yes "
        f"{there[None]} unknown {there[False]} ABSENT | of another version: {missing[False]} absent {missing[None]} "
        f"unknown {missing[True]} yes | invented: {invented[False]} absent {invented[None]} unknown "
        f"{invented[True]} yes",
        flush=True,
    )
    for row in wrong[:40]:
        print("   false alarm:", *row)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
