"""Check: a library that an imported package needs is nowhere in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.image import Image
    from doctor.models import Models


@check(
    title="A shared library that an imported package needs is not in the image",
    fault="missing-system-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="aws/sagemaker-tensorflow-serving-container#159",
    symptoms=(
        r"(ImportError|OSError): lib[\w.+-]+\.so[\w.]*: cannot open shared object file: No such file or directory",
    ),
)
def system_library_missing(image: Image, handler: Handler, models: Models, serving: Environment) -> Iterator[Finding]:
    """
    A package's compiled part needs libraries of the system that pip doesn't install.

    OpenCV needs libGL and GLib, LightGBM needs libgomp; slim images have none of them. They come with apt-get, when the
    image is built; nothing in code/requirements.txt brings them. For OpenCV there is a build without:
    opencv-python-headless.
    """
    from doctor.image import loading
    from doctor.used import modules

    if not loading.has_c_library(image):
        raise Unknown("no C library is among the image's files: the layers of its system are not in it")
    used = modules(handler, models)
    told = set()
    for one in loading.loaded(image, used):
        lacking = [m for m in loading.missing(image, one) if not loading.of_the_driver(m.name)]
        if lacking and one.module not in told:
            told.add(one.module)
            first = lacking[0]
            where = Evidence(f"image:{first.path}", f"NEEDED {first.name}")
            yield _finding(one.module, one.seen, list(dict.fromkeys(m.name for m in lacking)), where)
    yield from _installed_at_start(image, serving, used, told)


def _installed_at_start(
    image: Image, serving: Environment, used: dict[str, Evidence], told: set[str]
) -> Iterator[Finding]:
    """Packages that code/requirements.txt adds, whose wheels' needs are known."""
    from doctor.facts import load
    from doctor.image.loading import names
    from doctor.used import first_of

    for change in serving.changes:
        wheel = load("system_libraries")["wheels"].get(change.name)
        if not wheel or change.kind not in {"adds", "unpinned", "replaces"} or wheel["module"] in told:
            continue
        seen = first_of(wheel["module"], used)
        lacking = [n for n in wheel["needs"] if n not in names(image)]
        if seen and lacking:
            told.add(wheel["module"])
            yield _finding(wheel["module"], seen, lacking, Evidence(change.where, change.requirement or change.name))


def _finding(module: str, seen: Evidence, lacking: list[str], where: Evidence) -> Finding:
    from doctor.facts import load

    facts = load("system_libraries")
    packages = sorted({facts["debian"][n] for n in lacking if n in facts["debian"]})
    install = f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    headless = ", or opencv-python-headless in place of opencv-python" if module == "cv2" else ""
    words = "OSError" if module in {"lightgbm", "xgboost"} else "ImportError"
    return Finding(
        message=f"import {module} needs {', '.join(lacking)}, and no file of the image has that name",
        evidence=(where, seen),
        fix=f"{install}{headless}" if packages else f"install what has {lacking[0]} in the image",
        log=f"{words}: {lacking[0]}: cannot open shared object file: No such file or directory",
        cause=f"image:library/{lacking[0]}",
    )
