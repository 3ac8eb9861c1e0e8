"""``python -m measurements facts|matrix [FAMILY ...]``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from measurements import table
from measurements.family import Family, families
from measurements.measuring import committed, keep_objects, measure

HOME = Path(os.environ.get("MEASUREMENTS", Path(__file__).parent / ".work"))


def main() -> int:
    """Run one of the two commands; return the exit status."""
    parser = argparse.ArgumentParser(prog="measurements", description=__doc__)
    parser.add_argument("command", choices=("facts", "matrix", "list"))
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    parser.add_argument("--compare", action="store_true", help="write nothing: say whether it equals what is committed")
    parser.add_argument("--known", action="store_true", help="only the releases that were measured before")
    asked = parser.parse_intermixed_args()
    all_of_them = families()
    unknown = [n for n in asked.families if n not in all_of_them]
    if unknown:
        parser.error(f"no family {unknown[0]}; there are {', '.join(all_of_them)}")
    chosen = [all_of_them[n] for n in asked.families or all_of_them]
    if asked.command == "list":
        print("\n".join(f.name for f in chosen))
        return 0
    if asked.command == "matrix":
        from measurements.matrix import hold

        return hold(chosen)
    HOME.mkdir(parents=True, exist_ok=True)
    return max(_facts(f, newer=not asked.known, compare=asked.compare) for f in chosen)


def _facts(family: Family, *, newer: bool, compare: bool) -> int:
    measured = measure(family, HOME, newer=newer)
    if compare:
        measured = table.restricted(measured, set(committed(family.name).get("environments", ())))
    else:
        print(keep_objects(family.name, HOME))
    data = {f"measured/{family.name}": measured, **(family.derive(measured) if family.derive else {})}
    if compare:
        from measurements.comparing import differences

        different = [line for name, value in data.items() for line in differences(name, value)]
        print("\n".join(different) or f"{family.name}: equal to what is committed, but for releases since")
        return 1 if different else 0
    for name, value in data.items():
        print(table.save(name, value))
    print(json.dumps({"failures": len(measured["failures"]), "pairs": sum(1 for _ in table.pairs(measured))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
