"""Check: an imported package's library needs a newer GNU libc than the image has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.image import Image
    from doctor.models import Models


@check(
    title="A package's library needs a newer GNU libc than the image has",
    fault="missing-system-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://peps.python.org/pep-0600/",
    symptoms=(r"version `GLIBC_[\d.]+' not found \(required by ",),
)
def glibc_too_old(image: Image, handler: Handler, models: Models) -> Iterator[Finding]:
    """
    A library that was linked on a newer system asks for symbol versions that an older libc doesn't have.

    pip takes care of that. Copying site-packages from another stage of the build, or compiling there, doesn't: both
    stages need the same distribution, or the later one a newer.
    """
    from doctor.image.loading import loaded
    from doctor.used import modules

    found = list(loaded(image, modules(handler, models)))
    if not found:
        return
    libc = next((e for p, e in image.libraries.items() if e and e.glibc and _is_libc(p, e.name)), None)
    if libc is None:
        raise Unknown(f"{image.source} has no GNU libc that can be read")
    for one in found:
        said = image.libraries[one.path]
        if said and _number(said.glibc) > _number(libc.glibc):
            yield Finding(
                message=f"import {one.module} needs GNU libc {said.glibc}, and the image has {libc.glibc}",
                evidence=(Evidence(f"image:{one.path}", f"GLIBC_{said.glibc}"), one.seen),
                fix=f"a base image with GNU libc {said.glibc} or newer, or pip install {one.module} in this one",
                likelihood=Likelihood.LIKELY,
                log=f"libc.so.6: version `GLIBC_{said.glibc}' not found (required by /{one.path})",
                cause="image:libc",
            )
            return


def _is_libc(path: str, name: str) -> bool:
    """Whether a library is GNU libc: older systems have a link to libc-2.31.so."""
    return "libc.so.6" in {name, path.rpartition("/")[2]}


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)
