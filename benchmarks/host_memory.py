"""
Estimated against measured host memory: ``python benchmarks/host_memory.py --environments FOLDER [NAME ...]``.

Each model of ``host_models.py`` is made with the real library, then loaded in a container: once with memory to spare,
where the peak of its anonymous and shared memory is read every millisecond, then with limits of 0.8, 1.0, 1.2 and 2.0
times the estimated need and no swap. What became of it, "killed" or "fits", is held against what the estimate says: it
is killed below the low end of the range, it fits from the high end on; between them, the band, nothing is claimed.

FOLDER holds the environments that ``host_models.py`` names. ``--keep FOLDER`` has or gets the models, ``--table``
writes ``host_memory.md`` from the results of the last run, ``--estimate`` prints estimates alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent
sys.path[:0] = [str(HOME.parent), str(HOME)]

from host_models import MODELS  # noqa: E402

from doctor.deployment import Deployment, Plan  # noqa: E402
from doctor.memory import host  # noqa: E402
from doctor.memory.estimating import Subject  # noqa: E402
from doctor.memory.values import Need, Workload  # noqa: E402

FACTORS = (0.8, 1.0, 1.2, 2.0)
SPARE = 8 << 30
PATIENCE = 240  # seconds for one run
RESULTS = HOME / "host_memory.json"
TABLE = HOME / "host_memory.md"
MIB = 1 << 20


def main() -> None:
    """Measure the models that are named, all without, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("names", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--environments", type=Path, default=Path("environments"))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--image", default="")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--estimate", action="store_true")
    asked = parser.parse_args()
    if not asked.table:
        measure(asked)
    if not asked.estimate:
        TABLE.write_text(table(json.loads(RESULTS.read_text())))


def measure(asked: argparse.Namespace) -> None:
    """Run the models, and keep the results of those that weren't named."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"models": {}}
    image = asked.image or _base()
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.names or MODELS:
            environment = (asked.environments / MODELS[name][0]).resolve()
            artifact = (asked.keep or Path(scratch)) / name
            made(name, artifact, environment)
            need = estimated(artifact, environment)
            say(name, need)
            if not asked.estimate:
                found["models"][name] = _one(artifact.resolve(), environment, need, image)
                found["machine"] = f"{os.cpu_count()} cores, Linux {platform.release()}, {platform.machine()}"
                found["date"] = datetime.now(timezone.utc).date().isoformat()
                RESULTS.write_text(json.dumps(found, indent=1) + "\n")
            if not asked.keep:
                shutil.rmtree(artifact)


def made(name: str, artifact: Path, environment: Path) -> None:
    """Make a model where it isn't there."""
    if not (artifact / "code" / "inference.py").exists():
        shutil.rmtree(artifact, ignore_errors=True)
        subprocess.run([environment / "bin/python", HOME / "host_models.py", "make", name, artifact], check=True)


def estimated(artifact: Path, environment: Path) -> Need:
    """Return what one worker needs, as doctor estimates it; no server's own code is there when it is measured."""
    deployment = Deployment(Plan(artifact=str(artifact), serving=str(environment)))
    parts = [deployment.part(part) for part in ("models", "handler", "serving")]
    return host.of_worker(Subject(parts[0], parts[1], "", {}, parts[2], Workload()))


def say(name: str, need: Need) -> None:
    """Print an estimate with its terms."""
    print(f"{name}: " + " / ".join(f"{size / MIB:.0f}" for size in need.size) + " MiB", flush=True)
    for term in need.terms:
        print(f"    {term.name}: " + " / ".join(f"{size / MIB:.0f}" for size in term.size))


def _one(artifact: Path, environment: Path, need: Need, image: str) -> dict[str, Any]:
    alone = run(artifact, environment, image, SPARE)
    print(f"    measured: {alone['peak'] / MIB:.0f} MiB, {alone['outcome']} in {alone['seconds']:.0f} s", flush=True)
    mapped = sum(t.size.expected for t in need.terms if t.name == "weights in the mapped file")
    rows = []
    for factor in FACTORS:
        limit = int(need.size.expected * factor)
        row = run(artifact, environment, image, limit)
        rows.append({"factor": factor, "limit": limit, "says": says(need, limit), **row})
        print(f"    x {factor}: {row['outcome']} in {row['seconds']:.0f} s; says {rows[-1]['says']}", flush=True)
    return {
        "estimate": list(need.size), "mapped": mapped, "peak": alone["peak"], "file_bytes": _size(artifact),
        "seconds": alone["seconds"], "runs": rows,
    }  # fmt: skip


def says(need: Need, limit: int) -> str:
    """Return what the estimate claims of a limit: "killed", "fits", or "" within its band."""
    if limit < need.size.low:
        return "killed"
    return "fits" if limit >= need.size.high else ""


def run(artifact: Path, environment: Path, image: str, limit: int) -> dict[str, Any]:
    """Load and serve in a container with a limit; return what became of it, its peak and how long it took."""
    started = time.monotonic()
    name = _started(artifact, environment, image, limit)
    try:
        peak = _watched(name)
        state = json.loads(_docker("inspect", "--format", "{{json .State}}", name))
        log = _docker("logs", name)
    finally:
        _docker("rm", "-f", name)
    seconds = round(time.monotonic() - started, 1)
    return {"outcome": _outcome(state, log), "peak": peak, "seconds": seconds}


def _started(artifact: Path, environment: Path, image: str, limit: int) -> str:
    home = Path(os.path.realpath(environment / "bin/python"))
    asking = [environment / "bin/python", "-c", "import sys; print(sys.base_prefix)"]
    base = subprocess.run(asking, capture_output=True, text=True, check=True).stdout.strip()
    mounts = {environment: environment, Path(base): Path(base), home.parent.parent: home.parent.parent}
    mounts |= {artifact: Path("/opt/ml/model"), HOME / "host_models.py": Path("/program/host_models.py")}
    volumes = [word for here, there in mounts.items() for word in ("-v", f"{here}:{there}:ro")]
    return _docker(
        "run", "-d", "--network", "none", "--memory", str(limit), "--memory-swap", str(limit), *volumes,
        "-e", "PYTHONDONTWRITEBYTECODE=1", "--entrypoint", f"{environment}/bin/python", image,
        "/program/host_models.py", "serve", "/opt/ml/model",
    ).strip()  # fmt: skip


def _watched(name: str) -> int:
    """Return the most anonymous and shared memory that the container's process had, in bytes."""
    pid, peak, ends = int(_docker("inspect", "--format", "{{.State.Pid}}", name)), 0, time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        try:
            status = Path(f"/proc/{pid}/status").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            break
        if b"RssAnon:" not in status:
            break
        peak = max(
            peak, sum(int(line.split()[1]) for line in status.splitlines() if line[:6] in {b"RssAno", b"RssShm"})
        )
        time.sleep(0.001)
    else:
        _docker("kill", name)
        return -1
    _docker("wait", name)
    return peak * 1024


def _outcome(state: dict[str, Any], log: str) -> str:
    if "SERVED" in log and state["ExitCode"] == 0:
        return "fits"
    if state["OOMKilled"]:
        return "killed"
    return "too slow" if state["ExitCode"] == 137 else f"failed with {state['ExitCode']}"


def table(found: dict[str, Any]) -> str:
    """Return the results as Markdown."""
    rows = [_row(name, found["models"][name]) for name in MODELS if name in found["models"]]
    runs = [run for model in found["models"].values() for run in model["runs"]]
    claimed = [r for r in runs if r["says"]]
    right = sum(r["says"] == r["outcome"] for r in claimed)
    errors = sorted(abs(_error(m)) for m in found["models"].values() if not m["mapped"])
    return (
        "# Host memory: estimated against measured\n\n"
        f"Made by `python benchmarks/host_memory.py`, {found['date']}, {found['machine']}. Memory in MiB; *peak* is "
        "the most anonymous and shared memory of the process, with memory to spare. Limits are multiples of the "
        "expected need, without swap. **Bold**: the estimate claims it, since the limit is outside its band (low to "
        "high); plain: within the band nothing is claimed; ✗: claimed and wrong.\n\n"
        "| model | file | low | expected | high | peak | expected / peak | x 0.8 | x 1.0 | x 1.2 | x 2.0 |\n"
        "|---|---:|---:|---:|---:|---:|---:|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"{right} of {len(claimed)} claims are right; {len(runs) - len(claimed)} of {len(runs)} runs lie within a "
        "band. Expected need off the measured peak, models whose pages aren't mapped: median "
        f"{100 * _median(errors):.1f} %, worst {100 * max(errors, default=0):.1f} %.\n\n"
        "A model of mapped pages (safetensors as `from_pretrained` uses them) isn't killed below its need, as long as "
        "what isn't mapped fits: it reads its weights from the disk again at each request. The need counts them, its "
        "low end doesn't.\n" + (f"\n{found['note']}\n" if "note" in found else "")
    )


def _row(name: str, model: dict[str, Any]) -> str:
    low, expected, high = (round(size / MIB) for size in model["estimate"])
    cells = [_cell(run) for run in model["runs"]]
    ratio = f"{1 + _error(model):.2f}" + (" with mapped pages" if model["mapped"] else "")
    sizes = f"{model['file_bytes'] / MIB:.0f} | {low} | {expected} | {high} | {model['peak'] / MIB:.0f}"
    return f"| {name} | {sizes} | {ratio} | " + " | ".join(cells) + " |"


def _cell(run: dict[str, Any]) -> str:
    if not run["says"]:
        return str(run["outcome"])
    return f"**{run['outcome']}**" if run["says"] == run["outcome"] else f"✗ {run['outcome']}, not {run['says']}"


def _error(model: dict[str, Any]) -> float:
    return float(model["estimate"][1] / (model["peak"] + model["mapped"]) - 1)


def _median(values: list[float]) -> float:
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2 if values else 0.0


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=True)
    return done.stdout + (done.stderr if words[0] == "logs" else "")


def _base() -> str:
    """Return the Debian root that the images of fixtures/images are made on, made where it isn't there."""
    sys.path.insert(0, str(HOME.parent / "fixtures" / "images"))
    from build import base

    return str(base())


if __name__ == "__main__":
    main()
