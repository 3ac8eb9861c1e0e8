"""
Trials of the fixtures: every healthy and sick deployment whose packages can be had is really run in them.

    python benchmarks/tried.py [--kind healthy] [--only WORD] [--out FILE]

For each freeze an environment is made, its fixtures are tried up to ``invoke``, and it is removed again. A healthy
deployment of which the trial makes a finding above a note, or whose static findings it doesn't clear, is a false alarm;
the exit status is then 1. PyTorch is installed in the version that is here only: others are gigabytes.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from doctor.deployment import Deployment  # noqa: E402
from doctor.errors import BadInput  # noqa: E402
from doctor.model import Report, Severity  # noqa: E402
from doctor.reporting import report_on  # noqa: E402
from tests.deployments import FIXTURES, checks, described, fixtures, is_tried, plan_of, several  # noqa: E402

TORCH = "torch==2.13.0"


def by_freeze(kind: str, only: str) -> dict[str, list[str]]:
    """Return the fixtures by the text of their freeze."""
    found: dict[str, list[str]] = collections.defaultdict(list)
    for name in fixtures(kind):
        serving = FIXTURES / name / str(described(name).get("options", {}).get("serving", ""))
        if only in name and serving.is_file() and not several(name) and not is_tried(name):
            found[serving.read_text()].append(name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def environment(freeze: str, folder: Path) -> Path:
    """Return the interpreter of an environment with the packages of a freeze; LookupError where it can't be made."""
    words = freeze.split()
    version = words[2] if words[:2] == ["#", "python"] else "3.11.7"
    home = Path.home() / ".pyenv" / "versions" / version / "bin" / "python"
    base = str(home) if home.exists() else shutil.which("python" + ".".join(version.split(".")[:2]))
    lines = [line.split("+cpu")[0] for line in freeze.splitlines() if line.strip() and not line.startswith("#")]
    torch = [line for line in lines if line.startswith("torch==")]
    if not base or (torch and torch != [TORCH]):
        raise LookupError(f"{torch[0] if torch else 'Python ' + version} can't be had")
    # What a list leaves out is fetched in its newest release; pkg_resources is in older ones only.
    lines += [] if any(line.startswith("setuptools==") for line in lines) else ["setuptools<80"]
    (folder / "freeze.txt").write_text("\n".join(lines))
    subprocess.run([base, "-m", "venv", folder / "venv"], check=True, capture_output=True)
    python = folder / "venv" / "bin" / "python"
    whole = [python, "-m", "pip", "install", "-q", "-r", folder / "freeze.txt"]
    for more in ([], ["--no-deps"]):
        made = subprocess.run([*whole, *more], capture_output=True, text=True, check=False, timeout=1800)
        if made.returncode == 0:
            return python
    raise LookupError(made.stderr.strip().splitlines()[-1][:200] if made.stderr.strip() else "pip failed")


def tried(name: str, python: Path) -> Report:
    """Return the report of a fixture with its trial."""
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(name, Path(folder))._replace(serving=str(python), trial="invoke", trial_timeout=120)
        deployment = Deployment(plan)
        try:
            return report_on(deployment, checks())
        finally:
            deployment.close()


def told(name: str, report: Report) -> dict[str, Any]:
    """Return what is kept of a report."""
    above = [r for r in report.findings if r.check.severity > Severity.NOTE]
    trial = report.tried
    return {
        "fixture": name,
        "above": [[r.check.id, r.finding.message[:300]] for r in above],
        "notes": [
            r.check.id for r in report.findings if r.check.severity == Severity.NOTE and r.check.area == "trials"
        ],
        "steps": [[s.name, s.result, list(s.told)[:3]] for s in trial.steps] if trial else [],
        "cleared": [r.check.id for r in trial.cleared] if trial else [],
        "crashed": [o.reasons for o in report.outcomes if o.status.name == "CRASHED"],
        "not_tried": sorted({r for o in report.outcomes for r in o.reasons if r.startswith("not tried")}),
    }


def rows(kind: str, only: str) -> list[dict[str, Any]]:
    """Return what became of every fixture of a kind."""
    found = []
    for freeze, names in by_freeze(kind, only).items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                python = environment(freeze, Path(folder))
            except (LookupError, subprocess.SubprocessError) as problem:
                found += [{"fixture": name, "left_out": str(problem)} for name in names]
                print(f"left out: {', '.join(names)}: {problem}", flush=True)
                continue
            for name in names:
                try:
                    found.append(told(name, tried(name, python)))
                except BadInput as problem:
                    found.append({"fixture": name, "left_out": str(problem)})
                print(json.dumps(found[-1]), flush=True)
    return found


def main() -> None:
    """Try them, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="healthy", choices=("healthy", "sick", "seeds"))
    parser.add_argument("--only", default="")
    parser.add_argument("--out", default="")
    given = parser.parse_args()
    found = rows(given.kind, given.only)
    if given.out:
        Path(given.out).write_text(json.dumps(found, indent=1))
    run = [r for r in found if "left_out" not in r]
    alarms = [r for r in run if r["above"] and given.kind == "healthy"]
    print(f"{len(run)} tried, {len(found) - len(run)} left out, {len(alarms)} false alarms")
    sys.exit(bool(alarms))


if __name__ == "__main__":
    main()
