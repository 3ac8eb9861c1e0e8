"""Check: pip has to fetch packages on an endpoint that has no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.target import Target

_LOCAL = ("--no-index", "--find-links", "-f ", "--index-url", "-i ", "--extra-index-url")


@check(
    title="Packages have to be fetched, and the endpoint has no network",
    fault="network-or-iam",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
    symptoms=(
        r"Could not find a version that satisfies the requirement \S+ \(from versions: none\)",
        r"No matching distribution found for",
    ),
    explains=("requirements-unpinned", "requirements-replace-framework", "requirements-conflict"),
)
def requirements_under_isolation(
    artifact: Artifact, serving: Environment, stack: str, target: Target
) -> Iterator[Finding]:
    """
    With network isolation the container reaches no package index, and code/requirements.txt is installed at start.

    Packages that are there already in a version that satisfies the file need no network; any other ends the start.
    Build them into the image, or pack their wheels and install with ``--no-index --find-links``.
    """
    if not target.network_isolation:
        return
    from doctor.environments.startup import lines

    stated = lines(artifact, stack)
    if any(line.text.strip().startswith(_LOCAL) for line in stated) or artifact.has_folder("code/lib"):
        return
    read = {line.where for line in stated}
    for change in serving.changes:
        fetched = change.kind in {"adds", "replaces"} or (change.kind == "unpinned" and serving.complete)
        local = change.requirement.startswith((".", "/")) or "://" in change.requirement or "@" in change.requirement
        if change.where in read and fetched and not (local or change.because):
            has = f"{change.name} {change.before}" if change.before else f"no {change.name}"
            yield Finding(
                message=f"pip has to fetch {change.requirement}, the image has {has}, and network isolation is on",
                evidence=(
                    Evidence(change.where, change.requirement),
                    serving.evidence(change.name)._replace(saw=f"{change.before or 'absent'} ({serving.source})"),
                    Evidence("target:network-isolation", "on: the container reaches nothing"),
                ),
                fix=f"pip download -d code/wheels '{change.requirement}', and begin code/requirements.txt with "
                "--no-index --find-links /opt/ml/model/code/wheels",
                log=f"ERROR: Could not find a version that satisfies the requirement {change.requirement} "
                "(from versions: none)",
                cause=change.where,
            )
            return
