"""What tests examine: the fixtures, packed as a user would pack them, and deployments made in memory."""

from __future__ import annotations

import importlib.util
import json
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from doctor import suite
from doctor.artifact.collecting import Collector
from doctor.artifact.tree import Member
from doctor.deployment import FLEET, TRIALS, Deployment, Plan
from doctor.environment import Environment
from doctor.examine import ask as ask_check
from doctor.fleet import Fleet
from doctor.fleet import Member as OneOfThem
from doctor.fleetreport import FleetReport, asking, check_fleet
from doctor.formats.stream import stream_of
from doctor.model import Check, Outcome, Report
from doctor.rank import rank
from doctor.reporting import report_on

FIXTURES = Path(__file__).parent.parent / "fixtures"
_OPTIONS = {"env": "variables"}
_SETTINGS = set(Plan._fields) - {"artifact", "stack", "variables", "instance_type"}
_FILES = ("image", "serving", "training", "sample")


@cache
def checks():
    return suite.load(suite.checks_package())


def fixtures(kind: str) -> list[str]:
    """Names of the fixtures of one kind: "healthy/sklearn-pipeline"."""
    return sorted(f"{kind}/{p.parent.name}" for p in (FIXTURES / kind).glob("*/deployment.json"))


def alone(kind: str) -> list[str]:
    """Names of the fixtures of one artifact that is not run: what one command line examines without a sandbox."""
    return [n for n in fixtures(kind) if not (is_tried(n) or several(n))]


def is_tried(name: str) -> bool:
    """Whether only running it tells: in an environment of its own, or in an image."""
    return "trial" in described(name).get("options", {}) or (FIXTURES / name / "image.json").exists()


def several(name: str) -> bool:
    """Whether a fixture is of several artifacts."""
    return (FIXTURES / name / "models").is_dir() or "artifacts" in described(name)


@cache
def asked() -> tuple[Check, ...]:
    """The checks that one artifact is asked without a trial."""
    return tuple(c for c in checks() if not {FLEET, *TRIALS} & {*c.inputs})


def described(name: str) -> dict[str, Any]:
    """What deployment.json says of a fixture."""
    return json.loads((FIXTURES / name / "deployment.json").read_text())


def pack(folder: Path, target: Path) -> Path:
    """Pack a folder's contents, as ``tar -C folder -czf target .`` does; the same bytes at any time."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if "__pycache__" in info.name:
            return None
        info.mtime, info.uid, info.gid, info.uname, info.gname = 0, 0, 0, "", ""
        return info

    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        for entry in sorted(folder.iterdir()):
            archive.add(entry, arcname=entry.name, filter=plain)
    return target


def artifact_of(name: str, folder: Path) -> Path:
    """Return a fixture's artifact: its model/ packed, or what its make.py makes in `folder`."""
    home = FIXTURES / name
    if (home / "make.py").exists():
        spec = importlib.util.spec_from_file_location(f"make_{home.name.replace('-', '_')}", home / "make.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return Path(module.make(folder))
    if (home / "models").is_dir():
        return packed(home / "models", folder / "models")
    return pack(home / "model", folder / "model.tar.gz")


def packed(models: Path, folder: Path) -> Path:
    """Pack each folder of `models`, as artifacts for one endpoint: model x as x.tar.gz."""
    folder.mkdir()
    for model in sorted(m for m in models.iterdir() if m.is_dir()):
        pack(model, folder / f"{model.name}.tar.gz")
    return folder


def plan_of(name: str, folder: Path) -> Plan:
    """Return a fixture's plan, with its artifact made in `folder`."""
    given = {_OPTIONS.get(k, k.replace("-", "_")): v for k, v in described(name).get("options", {}).items()}
    artifact = artifact_of(name, folder)
    if "trial" in given:
        from tests.trials.environments import interpreter

        given["serving"] = interpreter(FIXTURES / name / given["serving"])
    for key in _FILES:
        if key in given and (FIXTURES / name / given[key]).exists():
            given[key] = str(FIXTURES / name / given[key])
        elif key in given and (folder / given[key]).exists():  # made by make.py
            given[key] = str(folder / given[key])
    return Plan(artifact=str(artifact), offline=True, **given)


def examine_together(name: str) -> FleetReport:
    """Examine a fixture of several artifacts with the whole suite."""
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(name, Path(folder))
        return check_fleet(paths_of(name, plan), plan, checks())


def paths_of(name: str, plan: Plan) -> tuple[str, ...]:
    """Return the artifacts of a fixture as the command line names them: those that it lists, else its one path."""
    listed = described(name).get("artifacts")
    return tuple(f"{plan.artifact}/{a}" for a in listed) if listed else (plan.artifact,)


def examine(name: str) -> Report:
    """Examine a fixture with the whole suite; several artifacts make one report of all that was found of them."""
    if several(name):
        reports = examine_together(name).reports
        outcomes = tuple(o for report in reports for o in report.outcomes)
        return Report({}, rank(outcomes), outcomes, tuple(e for report in reports for e in report.unexamined))
    with tempfile.TemporaryDirectory() as folder:
        planned = Deployment(plan_of(name, Path(folder)))
        try:
            return report_on(planned, checks())
        finally:
            planned.close()


def deployment(  # one keyword a part
    *,
    artifact=None,
    serving=None,
    python="",
    training=None,
    stack="",
    env=None,
    instance="",
    complete=True,
    finds=None,
    **given,
) -> Deployment:
    """A deployment made in memory: files by path, packages by name."""
    collector = Collector(0)
    for path, content in (artifact or {}).items():
        data = content.encode() if isinstance(content, str) else content
        collector.take(Member(path, "file", len(data), raw=path), stream_of(data))
    examined = collector.examined("model.tar.gz", "tar.gz", 0)
    settings = {k: given.pop(k) for k in list(given) if k in _SETTINGS and isinstance(given[k], (str, int))}
    parts = {"examined": examined, **given}
    if serving is not None:
        from doctor.environments.plan import planned

        base = Environment("serving", "serving.txt", serving, python, complete=complete, finds=finds)
        parts["serving"] = planned(base, examined.artifact)
    if training is not None:
        parts["training"] = Environment("training", "training.txt", training, complete=complete)
    plan = Plan("model.tar.gz", offline=True, stack=stack, variables=env or {}, instance_type=instance, **settings)
    return Deployment(plan, parts)


def ask(check_id: str, **parts) -> Outcome:
    """Ask one check of a deployment made in memory; `deployment` takes the keywords."""
    check = next(c for c in checks() if c.id == check_id)
    return ask_check(check, deployment(**parts))


def ask_together(check_id: str, members: dict[str, dict[str, Any]], **parts) -> Outcome:
    """
    Ask one check of several artifacts made in memory.

    `members` has the keywords of each by its name; `parts` are those of all.
    """
    check = next(c for c in checks() if c.id == check_id)
    all_of_them = tuple(OneOfThem(name, deployment(**{**parts, **own})) for name, own in members.items())
    return ask_check(check, deployment(**parts, fleet=Fleet(all_of_them, asking(checks()))))
