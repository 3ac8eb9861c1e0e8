"""Check: the ENTRYPOINT's server is handed `serve` and refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.start import Program


@check(
    title="The server refuses the argument `serve`",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"Got unexpected extra argument \(serve\)", r"error: unrecognized arguments: serve"),
)
def start_argument_refused(image: Image) -> Iterator[Finding]:
    """
    `serve` is put behind the ENTRYPOINT, whose program has to take it.

    The platform runs `docker run IMAGE serve`, so ENTRYPOINT ["uvicorn", "app:app"] becomes `uvicorn app:app serve`,
    which uvicorn refuses. Start it from a script that drops its arguments.
    """
    from doctor.facts import load
    from doctor.image import start

    known = load("container_start")
    for program in start.programs(image):
        name, given = _server(program)
        if program.path and name in known["refuse"] and given >= known["needs"][name]:
            line = " ".join(program.words)
            yield Finding(
                message=f"docker run IMAGE serve runs {line!r}, and {name} refuses the argument 'serve'",
                evidence=(start.evidence(image),),
                fix=f'ENTRYPOINT ["sh", "-c", "exec {" ".join(program.words[:-1])}"]',
                log=known["refuse"][name],
                cause="image:start",
            )


def _server(program: Program) -> tuple[str, int]:
    """The server's name, and how many arguments stand before `serve`: its own have to be there already."""
    words = program.words
    if program.name.startswith("python") and len(words) > 3 and words[1] == "-m":
        return words[2], len(words) - 4 + (words[2] == "http.server")
    return program.name, len(words) - 2
