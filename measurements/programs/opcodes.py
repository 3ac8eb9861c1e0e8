"""Prints the instructions of the Python that runs it: numbers to names, which of them jump, entries of their caches."""

import json
import opcode
import sys

# Instructions that only the compiler or an instrumented run have, never co_code.
PSEUDO = 256


def caches():
    """Return by name how many entries follow an instruction; {} for those before 3.11."""
    entries = getattr(opcode, "_inline_cache_entries", {})
    if isinstance(entries, list):  # 3.11 and 3.12: by number
        return {opcode.opname[n]: count for n, count in enumerate(entries) if count}
    return {n: count for n, count in entries.items() if count}


def main():
    names = {n: i for n, i in opcode.opmap.items() if i < PSEUDO and not n.startswith("INSTRUMENTED_")}
    entries = caches()
    found = {
        "names": {str(i): n for n, i in sorted(names.items(), key=lambda item: item[1])},
        "relative": sorted(i for i in opcode.hasjrel if i < PSEUDO),
        "absolute": sorted(i for i in opcode.hasjabs if i < PSEUDO),
        "caches": {str(names[n]): count for n, count in sorted(entries.items()) if n in names},
    }
    print(json.dumps({"%d.%d" % sys.version_info[:2]: found}))


if __name__ == "__main__":
    main()
