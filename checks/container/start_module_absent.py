"""Check: the module that Python is told to run is not in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.image import Image


@check(
    title="The module that the container starts is not in the image",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.python.org/3/using/cmdline.html#cmdoption-m",
    symptoms=(r"python[\d.]*: No module named [\w.]+",),
)
def start_module_absent(image: Image, serving: Environment) -> Iterator[Finding]:
    """
    `python -m uvicorn` starts a module, which has to be installed for that very Python.

    It is missing where pip installed into another interpreter or virtual environment, or where the stage of the build
    that installed it is not the last one.
    """
    from doctor.image import start

    words = next((p.words for p in start.programs(image) if p.name.startswith("python")), start.asked_program(image))
    program = start.located(image, words) if words else None
    if program is None or not program.path or not program.name.startswith("python") or words[1:2] != ("-m",):
        return
    module = words[2] if len(words) > 2 else ""
    if module.isidentifier() and serving.finds(module) is False and not _comes_otherwise(image, module):
        yield Finding(
            message=f"/{program.named} is to run the module {module}, and nothing that it imports from has it",
            evidence=(start.evidence(image), Evidence("image:pkg", f"no {module} ({serving.source})")),
            fix=f"RUN /{program.named} -m pip install {module} in the Dockerfile",
            log=f"/{program.named}: No module named {module}",
            cause="image:start",
        )


def _comes_otherwise(image: Image, module: str) -> bool:
    """Whether it may lie in the root as the working directory, or come from where the platform puts files."""
    from doctor.image import start

    places = [*image.variables.get("PYTHONPATH", "").split(":"), image.working_directory]
    if any(place and start.comes_later(image, f"{place}/{module}") for place in places):
        return True
    return f"{module}.py" in image.files or any(path.startswith(f"{module}/") for path in image.files)
