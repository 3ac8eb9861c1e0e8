"""Estimates against rows of real GPUs, where there are some: what the device holds, with the context."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

from comparing import Compared, Row, markdown, percent

MEASURED = Path(__file__).resolve().parent / "measured"


def device_totals(rows: list[Compared], missed: list[str]) -> str:
    """
    Return the section on real GPUs; adds to what is missed.

    A row's total is what NVML says the process holds; the estimate's is its peak of reserved bytes with the context
    that the same GPU showed before the model was there.
    """
    measured = [json.loads(line) for path in sorted(MEASURED.glob("*.jsonl")) for line in path.read_text().splitlines()]
    said = {(row.recipe, tuple(row.said["gpu"]["capability"])): row.said for row in rows if not row.failed}
    pairs = [(row, said[_key(row)]) for row in measured if _key(row) in said and row.get("process_bytes")]
    if not pairs:
        return "## Real GPUs\n\nNo rows of a real GPU lie in measured/: totals with the context weren't compared.\n"
    errors = [abs(percent(_total(row, trace), row["process_bytes"])) for row, trace in pairs]
    found = sorted(errors)
    median, p95 = statistics.median(found), found[math.ceil(0.95 * len(found)) - 1]
    if median > 1 or p95 > 3:
        missed.append(f"device total with context: median {median:.2f} %, 95th percentile {p95:.2f} %")
    lines = [
        (
            row["id"],
            row["gpu"],
            row.get("driver", ""),
            row["torch"],
            row["date"],
            row["process_bytes"],
            f"{error:.2f} %",
        )
        for (row, _), error in zip(pairs, errors, strict=True)
    ]
    header = ("recipe", "GPU", "driver", "torch", "date", "process, bytes", "error")
    return f"## Real GPUs\n\nMedian {median:.2f} %, 95th percentile {p95:.2f} %.\n\n{markdown(header, lines)}"


def _key(row: Row) -> tuple[str, tuple[int, ...]]:
    return row["id"], tuple(row.get("capability", ()))


def _total(row: Row, trace: Row) -> int:
    """The context is measured with one small tensor, whose segment the reserved bytes count themselves."""
    context = (row.get("context_process_bytes") or row["device_used_at_start"]) - (2 << 20)
    return int(context + trace["peak_reserved"])
