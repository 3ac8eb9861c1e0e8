"""Check: the loader of what the container starts is not in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The program that the container starts names a loader that is not in the image",
    fault="missing-system-library",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="gliderlabs/docker-alpine#12",
    symptoms=(r"exec \S+: no such file or directory", r"exec user process caused:? .?no such file or directory"),
    explains=("program-library-missing",),
)
def program_loader_absent(image: Image) -> Iterator[Finding]:
    """
    A program that is linked with shared libraries is started by the loader of the C library it was linked with.

    A program made on Debian or Ubuntu names /lib64/ld-linux-x86-64.so.2, which Alpine doesn't have: its C library is
    musl. The log then says that the program itself isn't there. Link it statically, make it on Alpine, or take another
    base image.
    """
    from doctor.image import loading, start

    for one in start.binaries(image):
        loader = one.said.interpreter
        if not loader or image.resolve(loader) in image.files:
            continue
        if not loading.has_c_library(image):
            raise Unknown("no C library is among the image's files: the layers of its system are not in it")
        musl = any(name.startswith("ld-musl-") for name in loading.names(image))
        base = "debian:bookworm-slim, or a program made on Alpine" if musl else "an image with the C library it needs"
        yield Finding(
            message=f"/{one.path} is loaded by {loader}, which is not in the image"
            + (": its C library is musl" if musl else ""),
            evidence=(Evidence(f"image:{one.path}", f"loader {loader}"), start.evidence(image)),
            fix=f"FROM {base}" if musl else f"take {base} as the base, or link the program statically",
            log=f"exec {start.shown_path(image)}: no such file or directory",
            cause="image:start",
        )
        return
