"""What the platforms and libraries promise, as data files; each names its source and date."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Return the data of ``doctor/facts/<name>.json`` ("measured/xgboost"); FileNotFoundError where there is none."""
    data: dict[str, Any] = json.loads((Path(__file__).parent / f"{name}.json").read_bytes())
    return data
