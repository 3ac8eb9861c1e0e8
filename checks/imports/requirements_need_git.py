"""Check: a requirement comes from a Git repository, and the image has no git."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.startup import lines, place
from doctor.formats.distribution import holds
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.image import Image


@check(
    title="A requirement is fetched with git, which the image lacks",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/topics/vcs-support/",
    symptoms=(r"ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH\?",),
    explains=("handler-imports-absent",),
)
def requirements_need_git(
    artifact: Artifact, stack: str, serving: Environment, image: Image
) -> Iterator[Finding | Unknown]:
    """
    Pip runs the program git for a line such as ``package @ git+https://...``, and ends where there is none.

    Name an archive of the repository instead (``https://github.com/owner/name/archive/<commit>.zip``), or install git
    in the image's Dockerfile.
    """
    if not place(artifact, stack) or image.which("git"):
        return
    for line in lines(artifact, stack):
        if line.url.startswith("git+") and (not line.marker or holds(line.marker, serving.python)):
            yield Finding(
                message=f"{line.text} (line {line.number} of {line.path}) is fetched with git, and the image has none",
                evidence=(Evidence(line.where, line.text), Evidence("image:PATH", "no git")),
                fix="RUN apt-get update && apt-get install -y --no-install-recommends git  # in the image's Dockerfile",
                log="ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
                cause=f"artifact:{line.path}",
            )
            return
