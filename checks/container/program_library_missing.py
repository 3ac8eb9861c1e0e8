"""Check: a library that the program which starts needs is nowhere in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.loading import Missing
    from doctor.image.start import Binary


@check(
    title="A shared library that the program which starts needs is not in the image",
    fault="missing-system-library",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://man7.org/linux/man-pages/man8/ld.so.8.html",
    symptoms=(r"\S+: error while loading shared libraries: \S+: cannot open shared object file",),
)
def program_library_missing(image: Image) -> Iterator[Finding]:
    """
    What the container starts, or the interpreter of its script, is linked with libraries that nobody installed.

    A server copied from another stage of the build needs the libraries that were installed there; a Python that is
    copied alone needs its libpython. `ldd` in the image names what is not found.
    """
    from doctor.image import loading, start

    for one in start.binaries(image):
        if one.said.interpreter and image.resolve(one.said.interpreter) not in image.files:
            return
        lacking = [m for m in loading.missing_of(image, one.path) if not loading.of_the_driver(m.name)]
        if lacking and not loading.has_c_library(image):
            raise Unknown("no C library is among the image's files: the layers of its system are not in it")
        if lacking:
            yield _finding(image, one, lacking)
            return


def _finding(image: Image, one: Binary, lacking: list[Missing]) -> Finding:
    from doctor.facts import load
    from doctor.image import start

    names = list(dict.fromkeys(m.name for m in lacking))
    known = load("system_libraries")["debian"]
    packages = sorted({known[n] for n in names if n in known})
    fix = f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    return Finding(
        message=f"/{one.path} needs {', '.join(names)}, and no file of the image has that name",
        evidence=(Evidence(f"image:{lacking[0].path}", f"NEEDED {names[0]}"), start.evidence(image)),
        fix=fix if len(packages) == len(names) else f"install what has {names[0]} in the image; ldd /{one.path} there",
        log=f"{one.named}: error while loading shared libraries: {names[0]}: cannot open shared object file: "
        "No such file or directory",
        cause=f"image:library/{names[0]}",
    )
