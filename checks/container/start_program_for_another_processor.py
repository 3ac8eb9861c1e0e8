"""Check: what the container starts was compiled for another processor than its image says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@check(
    title="The program that the container starts was compiled for another processor",
    fault="cpu-architecture",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/docker/buildx/issues/3854",
    symptoms=(r"exec \S+: exec format error", r"cannot execute binary file: Exec format error"),
    explains=("program-loader-absent", "program-library-missing"),
)
def start_program_for_another_processor(image: Image) -> Iterator[Finding]:
    """
    The image says that it is for one processor, and holds programs for the other.

    A binary that was compiled on a Mac and copied in, or a base image for arm64 under `--platform linux/amd64`: the
    builder writes the platform that it was asked for into the image's configuration, whatever its files are. The kernel
    goes by the files.
    """
    from doctor.image import start

    own = _MACHINES.get(image.architecture, "")
    path, machine = next(_others(image, own), ("", "")) if own else ("", "")
    if path:
        yield Finding(
            message=f"/{path} is a program for {machine}, and the image says that it is for {image.architecture}",
            evidence=(
                Evidence(f"image:{path}", f"ELF for {machine}"),
                Evidence("image:config/architecture", image.architecture),
            ),
            fix=f"docker build --platform linux/{image.architecture} of a base image and programs for {own}",
            log=f"exec {start.shown_path(image)}: exec format error",
            cause="image:architecture",
        )


def _others(image: Image, own: str) -> Iterator[tuple[str, str]]:
    """Programs that are started and their machines; the C library, if all that there is of it is for the other."""
    from doctor.image import start

    known = set(_MACHINES.values())
    for one in start.binaries(image):
        if one.said.machine in known - {own}:
            yield one.path, one.said.machine
    names = [p for p in image.libraries if p.rpartition("/")[2] in {"libc.so.6", "libc.so"} or "/ld-musl-" in f"/{p}"]
    found = {said.machine: path for path in names if (said := image.libraries[path])}
    if found and own not in found:
        yield from ((path, machine) for machine, path in found.items() if machine in known)
