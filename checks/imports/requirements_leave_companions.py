"""Check: start-up replaces torch and leaves torchvision or torchaudio, which were built for the old one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import used
from doctor.environments.index import allows, required
from doctor.environments.installed import Installed
from doctor.environments.startup import place
from doctor.formats.distribution import applies
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Change, Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="PyTorch is replaced, and torchvision or torchaudio is not",
    fault="package-abi-skew",
    severity=Severity.WARNING,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/vision#installation",
    symptoms=(
        r"RuntimeError: operator torchvision::nms does not exist",
        r"OSError: .*libtorchaudio\.so: undefined symbol",
        r"Failed to load image Python extension: .*undefined symbol",
    ),
    explains=("requirements-break-installed",),
)
def requirements_leave_companions(
    artifact: Artifact, stack: str, handler: Handler, models: Models, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Each torchvision and torchaudio is compiled for one torch, and says so in its metadata.

    Pip replaces torch where a line asks for another, warns that the installed torchvision rules it out, and goes on.
    Importing torchvision then fails, for its operators can't be registered in the other torch. Pin the torchvision that
    belongs to the new torch in the same file, or keep the image's torch.
    """
    change = next((c for c in serving.changes if c.name == "torch" and c.kind == "replaces" and c.after), None)
    if change is None or not place(artifact, stack):
        return
    imported = used.modules(handler, models)
    moved = {c.name for c in serving.changes if c.kind not in {"keeps", "conflicts"}}
    for name in ("torchvision", "torchaudio"):
        seen = used.first_of(name, imported)
        version = serving.packages.get(name, "")
        if seen is None or not version or name in moved:
            continue
        needs = _torch_of(name, version, serving)
        if needs is None:
            yield Unknown(f"which torch {name} {version} is for is not recorded")
        elif not allows(needs, change.after):
            yield _finding(name, needs, change, seen, serving)


def _torch_of(name: str, version: str, serving: Environment) -> str | None:
    lines = serving.requires(name) if isinstance(serving, Installed) else required(name, version)
    found = (applies(line, serving.python) for line in lines or ())
    return next((a[1] for a in found if a and a[0] == "torch" and a[1].startswith("==")), None)


def _finding(name: str, needs: str, change: Change, seen: Evidence, serving: Environment) -> Finding:
    return Finding(
        message=f"{change.requirement} replaces torch {change.before} by {change.after} and leaves {name} "
        f"{serving.packages[name]}, which is compiled for torch{needs}",
        evidence=(Evidence(change.where, change.requirement), serving.evidence(name), seen),
        fix=f"- {change.requirement}\n(or pin the {name} for torch {change.after} beside it)",
        likelihood=Likelihood.LIKELY,
        log="RuntimeError: operator torchvision::nms does not exist"
        if name == "torchvision"
        else "OSError: libtorchaudio.so: undefined symbol",
        cause="serving:pkg/torch",
    )
