"""
What doctor says of a requirements file beside what pip does with it: ``python benchmarks/pip.py [FOLDER]``.

The cases and environments are ``benchmarks/pip_cases.json``. For each, a real virtual environment of that Python is
made in FOLDER (``benchmarks/.cache/pip``) and ``pip install --dry-run --report`` run in it; nothing of the file is
installed.
``false`` counts what doctor said and pip did otherwise, and must be 0; ``missed`` what pip did and doctor didn't say.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from doctor import suite  # noqa: E402
from doctor.artifact.collecting import Collector  # noqa: E402
from doctor.artifact.tree import Member  # noqa: E402
from doctor.deployment import Deployment, Plan  # noqa: E402
from doctor.environment import Environment  # noqa: E402
from doctor.environments import read  # noqa: E402
from doctor.environments.plan import planned  # noqa: E402
from doctor.examine import ask  # noqa: E402
from doctor.formats.distribution import canonical  # noqa: E402
from doctor.formats.stream import stream_of  # noqa: E402
from doctor.model import Severity  # noqa: E402


class Done(NamedTuple):
    """What pip did: whether it ended well, what it would install, and its last words."""

    well: bool
    installs: dict[str, str]
    words: str


class Said(NamedTuple):
    """What doctor said: messages by severity, and the plan."""

    errors: list[str]
    warnings: list[str]
    serving: Environment


def environment(folder: Path, name: str, wanted: dict[str, Any]) -> Path | None:
    """Return a virtual environment with the packages of a case, made on first use; None without that Python."""
    home = folder / name
    if (home / "ready").exists():
        return home
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    shutil.rmtree(home, ignore_errors=True)
    made = subprocess.run(
        [uv, "venv", "-q", "--seed", "--no-python-downloads", "-p", wanted["python"], str(home)], check=False
    )
    if made.returncode:
        return None
    python = str(home / "bin" / "python")
    if wanted["packages"]:
        subprocess.run([uv, "pip", "install", "-q", "-p", python, *wanted["packages"]], check=True)
    (home / "ready").touch()
    return home


def run_pip(home: Path, requirements: str) -> Done:
    """Run pip on the requirements in an environment, without installing anything."""
    file, report = home / "requirements.txt", home / "report.json"
    file.write_text(requirements)
    report.unlink(missing_ok=True)
    options = ["--dry-run", "-q", "--use-feature=fast-deps", "--report", str(report), "-r", str(file)]
    command = [str(home / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    installs = {}
    if done.returncode == 0:
        items = [i["metadata"] for i in json.loads(report.read_text())["install"]]
        installs = {canonical(i["name"]): i["version"] for i in items}
    words = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return Done(done.returncode == 0, installs, (words or [""])[-1])


def say(home: Path, requirements: str, checks: list[Any]) -> Said:
    """Ask doctor's checks of requirements about the same file on the same environment."""
    collector = Collector(0)
    data = requirements.encode()
    collector.take(Member("code/requirements.txt", "file", len(data), raw="code/requirements.txt"), stream_of(data))
    examined = collector.examined("model.tar.gz", "tar.gz", 0)
    serving = planned(read("serving", str(home)), examined.artifact)
    parts = {"examined": examined, "serving": serving}
    deployment = Deployment(Plan("model.tar.gz", stack="pytorch", serving=str(home)), parts)
    outcomes = [(c, ask(c, deployment)) for c in checks]

    def messages(severity: Severity) -> list[str]:
        return [f.message for c, o in outcomes if c.severity is severity for f in o.findings]

    return Said(messages(Severity.ERROR), messages(Severity.WARNING), serving)


def compare(done: Done, said: Said) -> tuple[list[str], list[str], list[str]]:
    """Return what agrees, what doctor missed and what it said falsely."""
    if not done.well:
        told = said.errors or said.warnings
        return (told[:1], [], []) if told else ([], [f"pip: {done.words}"], [])
    if said.errors:
        return [], [], said.errors
    agreed, missed, false = [], [], []
    last = {c.name: c for c in said.serving.changes if c.kind != "conflicts"}
    for change in last.values():
        got = done.installs.get(change.name)
        installs = change.kind in {"adds", "replaces", "unpinned"}
        right = (got is not None) == installs and (not change.after or not installs or got == change.after)
        line = f"{change.kind} {change.name} {change.after}: pip {got or 'leaves it'}"
        (agreed if right else false).append(line)
    before = said.serving.packages
    for name, version in done.installs.items():
        if name not in last and name in before:
            missed.append(f"pip replaces {name} by {version}")
    return agreed or ["installs"], missed, false


def main() -> int:
    """Compare every case; print each and the three counts; fail where anything was said falsely."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / ".cache" / "pip"
    given = json.loads((HERE / "pip_cases.json").read_text())
    checks = [c for c in suite.load(suite.checks_package()) if c.id.startswith("requirements-")]
    counts = {"cases": 0, "fails": 0, "agreed": 0, "missed": 0, "false": 0, "skipped": 0}
    for case in given["cases"]:
        home = environment(folder, case["environment"], given["environments"][case["environment"]])
        if home is None:
            counts["skipped"] += 1
            continue
        done, said = run_pip(home, case["requirements"]), say(home, case["requirements"], checks)
        agreed, missed, false = compare(done, said)
        counts["cases"] += 1
        counts["fails"] += not done.well
        verdict = "false" if false else "missed" if missed else "agreed"
        counts[verdict] += 1
        text = " | ".join(case["requirements"].split("\n"))[:90]
        print(
            f"{verdict:6} {case['environment']:6} {text}\n{'':14}{'; '.join(false or missed or agreed)[:200]}",
            flush=True,
        )
    print(counts)
    return 1 if counts["false"] else 0


if __name__ == "__main__":
    sys.exit(main())
