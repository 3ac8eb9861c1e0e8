"""Check: the image has a `serve`, and its ENTRYPOINT runs something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.start import Program


@check(
    title="The image has a serve program that its ENTRYPOINT never runs",
    fault="container-entrypoint",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="bentoml/aws-sagemaker-deploy#7",
    symptoms=(r"did not pass the ping health check",),
)
def entrypoint_never_runs_serve(image: Image) -> Iterator[Finding]:
    """
    With an ENTRYPOINT, `serve` is only an argument to it.

    A base image's ENTRYPOINT is inherited. Where it doesn't hand its arguments on (`exec "$@"`), or is written in
    shell form (`ENTRYPOINT python app.py`), the `serve` on PATH is never run. That is a fault unless what runs instead
    answers /ping on port 8080 itself.
    """
    import re

    from doctor.image import start

    serve = start.located(image, (start.ARGUMENT,))
    if not image.entrypoint or not serve.runs:
        return
    *before, last = start.programs(image)
    if serve.path in {p.path for p in (*before, last)}:
        return
    said = _text(image, last)
    if not said or re.search(r"\bserve\b(?!-)", said):
        return
    if any(word in said for word in ("$@", "${@", "$*", "$1", "${1", "8080", "SAGEMAKER", "argv")):
        return
    yield Finding(
        message=f"ENTRYPOINT {start.shown(image.entrypoint)} never runs /{serve.named}: unless it answers /ping "
        "on port 8080 itself, no health check passes",
        evidence=(start.evidence(image), Evidence(f"image:{serve.path}", "on PATH, executable")),
        fix="ENTRYPOINT [] in the Dockerfile, so that `serve` is found on PATH",
        likelihood=Likelihood.LIKELY,
        log="did not pass the ping health check",
        cause="image:start",
    )


def _text(image: Image, program: Program) -> str:
    """All that is known of what runs; "" where a part of it can't be read."""
    from doctor.image import start

    if told := start.asked(image):
        return told
    if start.interpreter(program.name) or not (script := start.text(image, program.path)):
        return ""
    shell = script.startswith("#!") and "sh" in script.split("\n", 1)[0]
    return f"{' '.join(program.words[1:-1])}\n{script}" if shell else ""
