"""
``make bench-memory``: what doctor says a model needs of a GPU, against what it takes.

    python benchmarks/memory/run.py [--python PYTHON] [--gpus A10G,T4] [--only WORD] [--skip allocator,capped]

The recipes (recipes.jsonl, or RECIPES=FILE) are estimated on this machine, which needs no GPU. The truth is measured
on the phantom runtime: PyTorch's real allocator and host code, on a CUDA runtime that pretends (phantom/). Where rows
of real GPUs lie in measured/*.jsonl (measure.py makes them), estimates are held against those too. The tables go to
memory.md; the exit status is 1 where a target is missed.

The environment with the CUDA wheel is made in .work, unless --python or MEMORY_PYTHON names one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import environment  # noqa: E402
import zoo  # noqa: E402
from allocator import SCENARIOS  # noqa: E402
from comparing import TARGETS, Compared, Row, by, each, markdown, summaries, summary  # noqa: E402
from devices import device_totals  # noqa: E402
from phantom.build import build, variables  # noqa: E402

TABLE = HERE / "memory.md"
STEPS = 12_000  # of every scenario of the allocators
# What CUDA shows of each as its own, less a context: what segments may take.
GPUS: dict[str, Row] = {
    "A10G": {"name": "A10G", "capability": [8, 6], "sms": 80, "memory": 23_821_025_280},
    "A100": {"name": "A100", "capability": [8, 0], "sms": 108, "memory": 42_000_000_000},
    "T4": {"name": "T4", "capability": [7, 5], "sms": 40, "memory": 15_500_000_000},
    "H100": {"name": "H100", "capability": [9, 0], "sms": 132, "memory": 84_000_000_000},
}


class Bench:
    """One run: the environment, the phantom, and what is asked of both."""

    def __init__(self, python: Path, recipes: list[zoo.Recipe], gpus: list[Row], jobs: int) -> None:
        self.python = python
        self.jobs = jobs
        self.recipes = recipes
        self.gpus = gpus
        self.library = build(python, environment.folder() / "phantom")

    def ask(self, program: str, asked: list[Row], *, phantom: bool) -> list[Row]:
        """Have truths.py or estimates.py answer for recipes on GPUs, a few processes at a time; returns rows."""
        progress = Progress(program, sum(len(line["gpus"]) for line in asked))
        parts = [asked[start :: self.jobs] for start in range(self.jobs)]
        with ThreadPoolExecutor(self.jobs) as threads:
            found = list(threads.map(lambda part: self._ask(program, part, progress, phantom=phantom), parts))
        return sorted((row for rows in found for row in rows), key=self._place)

    def _place(self, row: Row) -> tuple[int, int]:
        recipes = [recipe["id"] for recipe in self.recipes]
        return recipes.index(row["id"]), [gpu["name"] for gpu in self.gpus].index(row["asked"]["name"])

    def _ask(self, program: str, asked: list[Row], progress: Progress, *, phantom: bool) -> list[Row]:
        found = variables(self.library, self.gpus[0]) if phantom else dict(os.environ)
        words = [str(self.python), "-W", "ignore", str(HERE / program)]
        with tempfile.TemporaryFile("w+") as lines:
            lines.writelines(json.dumps(line) + "\n" for line in asked)
            lines.seek(0)
            rows = []
            pipes = {"stdin": lines, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(words, env=found, text=True, **pipes) as running:  # type: ignore[call-overload]
                for line in running.stdout:
                    rows.append(json.loads(line))
                    progress.one()
        return rows

    def truths(self) -> list[Row]:
        """Return the true rows, from the last run where nothing that they depend on has changed."""
        depends = [json.dumps([self.recipes, self.gpus]), str(self.python)]
        depends += [path.read_text() for path in sorted(HERE.glob("phantom/*.[ch]"))]
        depends += [(HERE / name).read_text() for name in ("zoo.py", "measure.py", "custom.py", "shadows.py")]
        kept = environment.folder() / f"truth-{hashlib.sha256(''.join(depends).encode()).hexdigest()[:16]}.jsonl"
        if not kept.exists():
            rows = self.ask("truths.py", [{"recipe": r, "gpus": self.gpus} for r in self.recipes], phantom=True)
            kept.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return [json.loads(line) for line in kept.read_text().splitlines()]

    def estimates(self) -> list[Row]:
        """Return what the trace says, without the phantom."""
        return self.ask("estimates.py", [{"recipe": r, "gpus": self.gpus} for r in self.recipes], phantom=False)

    def compared(self) -> list[Compared]:
        """Return both, side by side."""
        said = {_key(row): row for row in self.estimates()}
        families = {recipe["id"]: zoo.family(recipe) for recipe in self.recipes}
        return [
            Compared(row["asked"]["name"], row["id"], families[row["id"]], row, said.get(_key(row), {"error": "none"}))
            for row in self.truths()
        ]

    def capped(self, rows: list[Compared], share: float) -> list[str]:
        """Run recipes with the estimate times ``share`` as the device's memory; return which were killed."""
        sizes = {(row.recipe, row.gpu): _cap(row.said, share) for row in rows if not row.failed}
        asked = [
            {"recipe": r, "gpus": [{**g, "memory": sizes[r["id"], g["name"]]}]}
            for r in self.recipes
            for g in self.gpus
            if (r["id"], g["name"]) in sizes
        ]
        rows_ = self.ask("truths.py", asked, phantom=True)
        return [f"{row['id']} ({row['asked']['name']})" for row in rows_ if "error" in row]

    def allocators(self) -> list[tuple[str, Row]]:
        """Hold the port of the allocator against the real one."""
        return [(name, self._allocator(name)) for name in SCENARIOS]

    def _allocator(self, name: str) -> Row:
        scenario = SCENARIOS[name]
        found = variables(self.library, {**self.gpus[0], "memory": scenario.memory})
        words = [str(self.python), "-W", "ignore", str(HERE / "allocator.py"), name, str(STEPS)]
        found["PYTORCH_ALLOC_CONF"] = scenario.settings
        done = subprocess.run(words, env=found, capture_output=True, text=True, check=False)
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            return {"steps": 0, "refused": 0, "difference": done.stderr.strip()[-200:] or "no answer"}
        row: Row = json.loads(lines[-1])
        return row


def _key(row: Row) -> tuple[str, str]:
    return row["id"], row["asked"]["name"]


def _cap(said: Row, share: float) -> int:
    """Return what a device must have: the estimate with a share, in whole pages, which segments are made of."""
    page = 2 << 20
    peak = max(said["peak_reserved"], said.get("load_reserved", 0))
    return math.ceil(peak * share / page) * page if share > 1 else int(peak * share)


class Progress:
    """A line on stderr that counts."""

    def __init__(self, name: str, wanted: int) -> None:
        self.name = name
        self.wanted = wanted
        self.done = 0

    def one(self) -> None:
        """Count one more."""
        self.done += 1
        end = "\n" if self.done == self.wanted else "\r"
        print(f"{self.name}: {self.done} of {self.wanted}", end=end, file=sys.stderr, flush=True)


def report(bench: Bench, skipped: set[str]) -> tuple[str, list[str]]:
    """Return the page, and which targets are missed."""
    rows = bench.compared()
    everything = summary(rows)
    missed = [name for name, met in TARGETS if not met(everything)]
    page = [
        f"# Memory of GPUs, estimated and true\n\n{len(bench.recipes)} recipes on {len(bench.gpus)} GPUs, "
        "`make bench-memory`. Truth: PyTorch's allocator and host code on the phantom runtime; workspaces of cuDNN "
        "and cuFFT are 0 there, so families with convolutions, recurrent layers or, from 9.0 on, half-precision "
        "attention are true but for those.\n",
        "## All\n\n" + summaries({"all": rows, **by(rows, lambda row: row.gpu)}, "GPU"),
        "## By family\n\n" + summaries(by(rows, lambda row: row.family), "family"),
    ]
    if "capped" not in skipped:
        page.append(_capped(bench, rows, missed))
    if "allocator" not in skipped:
        page.append(_allocators(bench, missed))
    page.append(device_totals(rows, missed))
    for gpu, those in by(rows, lambda row: row.gpu).items():
        page.append(f"## {gpu}\n\n{each(those)}")
    targets = "".join(f"- {'missed' if name in missed else 'met'}: {name}\n" for name, _ in TARGETS)
    page.insert(1, "## Targets\n\n" + targets + "".join(f"- missed: {m}\n" for m in missed if m not in dict(TARGETS)))
    return "\n".join(page), missed


def _capped(bench: Bench, rows: list[Compared], missed: list[str]) -> str:
    above, below = bench.capped(rows, 1.02), bench.capped(rows, 0.97)
    if above:
        missed.append(f"a run capped at the estimate plus 2 % is never killed: {', '.join(above)}")
    count = sum(not row.failed for row in rows)
    table = [("estimate + 2 %", count, len(above)), ("estimate - 3 %", count, len(below))]
    return (
        "## Runs capped at the estimate\n\nReserved memory is in part cache, which is given back before a run is "
        "refused: a run may live with less than it would take.\n\n" + markdown(("cap", "runs", "killed"), table)
    )


def _allocators(bench: Bench, missed: list[str]) -> str:
    found = bench.allocators()
    if any(row["difference"] for _, row in found) or sum(row["steps"] for _, row in found) < 100_000:
        missed.append("the allocator's port equals the real one over 100,000 steps")
    lines = [(name, f"{row['steps']:,}", row["refused"], row["difference"] or "none") for name, row in found]
    return "## The allocator's port\n\n" + markdown(("setting", "steps", "refused", "difference"), lines)


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="", help="of an environment with the CUDA wheel of torch")
    parser.add_argument("--recipes", default=os.environ.get("RECIPES") or str(HERE / "recipes.jsonl"))
    parser.add_argument("--gpus", default=",".join(GPUS))
    parser.add_argument("--only", default="", help="recipes whose id has this in it")
    parser.add_argument("--jobs", type=int, default=max((os.cpu_count() or 2) // 2, 1), help="processes at a time")
    parser.add_argument("--skip", default="", help="allocator, capped")
    parser.add_argument("--table", default="", help="where the tables go; by default memory.md for recipes.jsonl whole")
    said = parser.parse_args()
    recipes = [recipe for recipe in zoo.read(Path(said.recipes)) if said.only in recipe["id"]]
    bench = Bench(environment.python(said.python), recipes, [GPUS[name] for name in said.gpus.split(",")], said.jobs)
    page, missed = report(bench, set(said.skip.split(",")))
    print(page)
    if said.table or _whole(said):
        Path(said.table or TABLE).write_text(page)
    return 1 if missed else 0


def _whole(said: Any) -> bool:
    asked_all = said.gpus == ",".join(GPUS) and not said.only and not said.skip
    return asked_all and Path(said.recipes).resolve() == HERE / "recipes.jsonl"


if __name__ == "__main__":
    sys.exit(main())
