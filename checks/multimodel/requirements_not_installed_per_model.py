"""Check: a model of a multi-model endpoint needs a package that only its own requirements name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import modules, used
from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment
    from doctor.formats.source import Import
    from doctor.handler import Handler
    from doctor.target import Target


@check(
    title="A multi-model endpoint doesn't install a model's own requirements",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-pytorch-inference-toolkit/issues/105",
    symptoms=(r"Failed to start workers", r"ModuleNotFoundError: No module named '[\w.]+'"),
    explains=("requirements-unpinned",),
)
def requirements_not_installed_per_model(
    artifact: Artifact, handler: Handler, serving: Environment, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The PyTorch and Hugging Face containers, and those of sagemaker-inference, install requirements when they start.

    There is no model yet then, and they look below /opt/ml/models/code; a model's own code/requirements.txt comes with
    the first request for it, and is never read. What its script imports has to be in the image. Build an image that has
    the packages, or pack them into the model's code/ folder.
    """
    if stack not in load("multi_model")["own_requirements_ignored"] or not target.is_a("multi-model"):
        return
    added = {c.name: c for c in serving.changes if c.kind in {"adds", "unpinned"} and not c.before}
    if not added or _runs_pip(handler):
        return
    if not serving.complete:
        yield Unknown(f"{serving.source} doesn't list all packages, and the model's own requirements aren't installed")
        return
    for made in used.imports(handler):
        change = next((added[g] for g in modules.givers(made.module) if g in added), None)
        change = change or added.get(made.module.split(".")[0].lower().replace("_", "-"))
        if change is not None and not _packed(made.module.split(".")[0], artifact):
            yield _finding(made, change, handler, serving)
            return


def _packed(top: str, artifact: Artifact) -> bool:
    """Say whether the artifact itself may hold a module."""
    paths = [f"/{m.path}" for m in artifact.files()]
    return any(f"/{top}/" in path or path.rpartition("/")[2].partition(".")[0] == top for path in paths)


def _runs_pip(handler: Handler) -> bool:
    return any("pip" in line and "install" in line for s in handler.scripts.values() for line in s.lines)


def _finding(made: Import, change: Change, handler: Handler, serving: Environment) -> Finding:
    top = made.module.split(".")[0]
    return Finding(
        message=f"{made.path}:{made.line} imports {top}, which only code/requirements.txt names "
        f"({change.requirement}), and a multi-model endpoint doesn't install a model's own requirements",
        evidence=(
            handler.seen(made.path, made.line),
            Evidence(change.where, change.requirement),
            Evidence(f"serving:pkg/{change.name}", f"absent before that ({serving.source})"),
            Evidence("target:endpoint", "multi-model"),
        ),
        fix=f"RUN pip install '{change.requirement}' in the image's Dockerfile, or pip install --target code "
        f"'{change.requirement}' before packing",
        log=f"ModuleNotFoundError: No module named '{top}'",
        cause=f"artifact:{change.where.removeprefix('artifact:').partition(':')[0]}",
    )
