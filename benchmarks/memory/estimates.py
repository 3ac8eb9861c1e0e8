"""
What doctor's trace says of recipes on GPUs, in a process without any: recipes and GPUs on stdin, rows on stdout.

Each estimate is made in a process of its own. This runs in the same environment as the truth, without the phantom.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import forks  # noqa: E402
import zoo  # noqa: E402

Row = dict[str, Any]


def main() -> None:
    """Estimate what stdin says, a line each, as truths.py is asked."""
    asked = [json.loads(line) for line in sys.stdin]
    forks.import_libraries(each["recipe"]["source"] for each in asked)
    import doctor.trials.probe.memory.trace as _  # noqa: F401 - before forking

    for each in asked:
        for gpu in each["gpus"]:
            row = forks.forked(lambda r=each["recipe"], g=gpu: estimate(r, g))
            row = row or {"error": "the process ended without an answer"}
            print(json.dumps({"id": each["recipe"]["id"], **row, "asked": gpu}), flush=True)


def estimate(recipe: zoo.Recipe, gpu: Row) -> Row:
    """Return the trace's row; one with "error" where it fails."""
    from doctor.trials.probe.memory import trace

    def build(device: str) -> Any:
        return zoo.build(recipe, device)

    def call(module: Any, args: Any, kwargs: Any) -> Any:
        return zoo.calling(recipe, module, args, kwargs)()

    began = time.monotonic()
    try:
        row = dict(trace.estimate(build, call, gpu, gradients=bool(recipe.get("grad"))))
    except Exception as error:  # noqa: BLE001 - every failure is a row
        return {"error": f"{type(error).__name__}: {error}"[:600]}
    row["wall_s"] = round(time.monotonic() - began, 2)
    row["resident"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return row


if __name__ == "__main__":
    main()
