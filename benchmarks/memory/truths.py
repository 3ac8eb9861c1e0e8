"""
What recipes need on pretended GPUs, in a process on the phantom runtime: recipes and GPUs on stdin, rows on stdout.

Each is measured (measure.py) in a process of its own; a model is constructed once for all GPUs.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import forks
import zoo
from measure import Row, measure


def main() -> None:
    """Measure what stdin says: a line of ``{"recipe": {...}, "gpus": [{"name", "capability", "sms", "memory"}]}``."""
    asked = [json.loads(line) for line in sys.stdin]
    forks.import_libraries(each["recipe"]["source"] for each in asked)
    for each in asked:
        recipe, gpus = each["recipe"], each["gpus"]
        rows = forks.forked(lambda r=recipe, g=gpus: _on_all(r, g), forks.LIMIT * len(gpus))
        for row in rows or _failed(recipe, gpus, "the process ended without an answer"):
            print(json.dumps(row), flush=True)


def _failed(recipe: zoo.Recipe, gpus: list[Row], reason: str) -> list[Row]:
    return [{"id": recipe["id"], "error": reason[:600], "asked": gpu} for gpu in gpus]


def _on_all(recipe: zoo.Recipe, gpus: list[Row]) -> list[Row]:
    try:
        module = zoo.constructed(recipe)
    except Exception as error:  # noqa: BLE001 - every failure is a row
        return _failed(recipe, gpus, f"{type(error).__name__}: {error}")
    return [_on_one(recipe, module, gpu) for gpu in gpus]


def _on_one(recipe: zoo.Recipe, module: Any, gpu: Row) -> Row:
    def row() -> Row:
        os.environ["PHANTOM_CAPABILITY"] = ".".join(map(str, gpu["capability"]))
        os.environ["PHANTOM_SMS"], os.environ["PHANTOM_MEMORY"] = str(gpu["sms"]), str(gpu["memory"])
        os.environ["PHANTOM_NAME"] = str(gpu["name"])
        return measure(recipe, module)

    found = forks.forked(row)
    return {**found, "asked": gpu} if found else _failed(recipe, [gpu], "the process ended without an answer")[0]


if __name__ == "__main__":
    main()
