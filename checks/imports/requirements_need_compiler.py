"""Check: start-up has to compile a requirement, and the image has no compiler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.offer import compiled
from doctor.environments.startup import place
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.image import Image

_COMPILERS = ("gcc", "cc", "clang", "x86_64-linux-gnu-gcc", "g++", "c++")


@check(
    title="A requirement has to be compiled, and the image has no compiler",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/reference/build-system/",
    symptoms=(
        r"error: command '\S*(gcc|cc)' failed: No such file or directory",
        r"Unknown compiler\(s\): \[\['cc'\]",
        r"ERROR: Failed to build (installable wheels for )?",
    ),
    explains=("handler-imports-absent", "requirements-compiled"),
)
def requirements_need_compiler(
    artifact: Artifact, stack: str, serving: Environment, image: Image
) -> Iterator[Finding | Unknown]:
    """
    A release without a wheel for the serving Python is compiled from its source, and this image can't.

    It holds neither gcc nor clang under the names by which builds call them. Pin a release that has a wheel, or install
    a compiler in the image's Dockerfile.
    """
    if not place(artifact, stack) or any(image.which(name) for name in _COMPILERS):
        return
    for change, offer in compiled(serving):
        if offer.name == "tokenizers":
            continue  # Rust's matter
        yield Finding(
            message=f"{offer.name} {offer.compiled} has no wheel for Python {serving.python} and has to be compiled, "
            "and the image has no compiler",
            evidence=(
                Evidence(change.where, change.requirement),
                Evidence("image:PATH", f"none of {', '.join(_COMPILERS[:3])}"),
            ),
            fix=f"- {change.requirement}\n+ {offer.name}=={offer.nearest or '<a version with a wheel>'}",
            log="error: subprocess-exited-with-error",
            cause=f"serving:pkg/{offer.name}",
        )
