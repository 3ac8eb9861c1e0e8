"""
What recipes need on pretended GPUs, in a process on the phantom runtime: recipes and GPUs on stdin, rows on stdout.

Each recipe is measured (measure.py) in a process of its own, forked off before CUDA is touched: libraries are imported
once, and a model is constructed once for all GPUs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import zoo
from measure import Row, measure

LIMIT = 600.0  # seconds of one measurement


def main() -> None:
    """Measure what stdin says: ``{"recipes": [...], "gpus": [{"name", "capability", "sms", "memory"}]}``."""
    asked = json.load(sys.stdin)
    _import({recipe["source"] for recipe in asked["recipes"]})
    for recipe in asked["recipes"]:
        for row in _forked(lambda r=recipe: _on_all(r, asked["gpus"]), LIMIT * 2) or [{"id": recipe["id"]}]:
            print(json.dumps(row), flush=True)


def _import(sources: set[str]) -> None:
    for name in ("torch", *sorted(sources - {"custom"})):
        __import__(name)
    sys.modules["torch"].set_num_threads(
        1
    )  # forked processes have none of the parent's threads and would wait for them


def _on_all(recipe: zoo.Recipe, gpus: list[Row]) -> list[Row]:
    try:
        module = zoo.constructed(recipe)
    except BaseException as error:  # noqa: BLE001 - every failure is a row
        return [{"id": recipe["id"], "error": f"{type(error).__name__}: {error}"[:600]}]
    return [_on_one(recipe, module, gpu) for gpu in gpus]


def _on_one(recipe: zoo.Recipe, module: Any, gpu: Row) -> Row:
    def row() -> Row:
        os.environ["PHANTOM_CAPABILITY"] = ".".join(map(str, gpu["capability"]))
        os.environ["PHANTOM_SMS"], os.environ["PHANTOM_MEMORY"] = str(gpu["sms"]), str(gpu["memory"])
        os.environ["PHANTOM_NAME"] = str(gpu["name"])
        return measure(recipe, module)

    found = _forked(row, LIMIT) or {"id": recipe["id"], "error": "the process ended without an answer"}
    return {**found, "asked": gpu["name"]}


def _forked(work: Any, limit: float) -> Any:
    """Return what a function returns in a child process; none where the child dies or takes too long."""
    with tempfile.TemporaryFile("w+") as answer:
        child = os.fork()
        if not child:
            try:
                json.dump(work(), answer)
                answer.flush()
            finally:
                os._exit(0)  # nothing of CUDA's may be torn down: there is none
        ends = time.monotonic() + limit
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > ends:
                os.kill(child, 9)
                os.waitpid(child, 0)
                break
            time.sleep(0.01)
        answer.seek(0)
        said = answer.read()
    return json.loads(said) if said else None


if __name__ == "__main__":
    main()
