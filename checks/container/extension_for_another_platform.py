"""Check: an imported package's compiled modules were built for another platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.image import Image
    from doctor.models import Models

_TAGS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


@check(
    title="A package's compiled modules were built for another platform",
    fault="cpu-architecture",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://peps.python.org/pep-3149/",
    symptoms=(r"No module named '[\w.]+\._\w+'",),
)
def extension_for_another_platform(image: Image, handler: Handler, models: Models) -> Iterator[Finding]:
    """
    A compiled module's file name says for which platform it was built, and Python looks for its own only.

    Copying site-packages from a Mac into the image, or from an image for the other processor, brings modules that are
    there and can't be imported. Install packages in the image itself.
    """
    from doctor.used import modules

    own = _TAGS.get(image.architecture, "")
    used = modules(handler, models)
    for top in dict.fromkeys(name.split(".")[0] for name in used) if own else ():
        names = [p for p in image.files if f"-packages/{top}/" in p and ".cpython-" in p and p.endswith(".so")]
        if not names or any(p.endswith((f"-{own}.so", "-linux-musl.so")) or _plain(p) for p in names):
            continue
        path = names[0].partition("-packages/")[2]
        dotted = path.partition(".cpython-")[0].replace("/", ".")
        seen = next(evidence for name, evidence in used.items() if name.split(".")[0] == top)
        yield Finding(
            message=f"{path} and all {len(names)} compiled modules of {top} are for another platform than {own}",
            evidence=(Evidence(f"image:{names[0]}", "its name"), Evidence("image:config/architecture", own), seen),
            fix=f"RUN pip install {top} in the Dockerfile, in place of copying it from elsewhere",
            log=f"ModuleNotFoundError: No module named '{dotted}'",
            cause=f"image:pkg/{top}",
        )


def _plain(path: str) -> bool:
    """Whether a name has no platform in it: such a module is imported anywhere."""
    return "-" not in path.rpartition(".cpython-")[2].removesuffix(".so")
