"""Check: the interpreter that the start script names is not in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.start import Program


@check(
    title="The start script's interpreter is not in the image",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://man7.org/linux/man-pages/man2/execve.2.html",
    symptoms=(
        r"exec \S+: no such file or directory",
        r"exec user process caused:? .?no such file or directory",
        r"env: .?[\w.]+(\\r)?.?: No such file or directory",
    ),
)
def shebang_interpreter_absent(image: Image) -> Iterator[Finding]:
    """
    The first line of the script that starts names its interpreter, which has to be in the image.

    The log then says that the *script* isn't there, which it is. Common reasons: bash in an Alpine image, `python`
    where only `python3` is installed, and a script saved on Windows, whose line ends make the interpreter's name end
    in a carriage return.
    """
    from doctor.image import start

    for program in start.programs(image):
        words = start.shebang(start.text(image, program.path))
        if not words or not program.runs:
            continue
        if not start.located(image, (words[0],)).path:
            yield _finding(program, words[0], f"exec /{program.named}: no such file or directory")
            continue
        wanted = start.by_env(words[1:]) if words[0].endswith("/env") else ""
        if wanted and not start.located(image, (wanted,)).path:
            quoted = wanted.replace("\r", "\\r")
            yield _finding(program, wanted, f"{words[0]}: '{quoted}': No such file or directory")


def _finding(program: Program, wanted: str, log: str) -> Finding:
    if wanted.endswith("\r"):
        message = f"/{program.named} has Windows line ends, so its interpreter is {wanted!r}, which is nowhere"
        fix = f"RUN sed -i 's/\\r$//' /{program.path}, or git config core.autocrlf input"
    else:
        message = f"/{program.named} is run by {wanted}, which is not in the image"
        fix = f"install {wanted.rsplit('/', 1)[-1]} in the image, or name an interpreter that is there"
    return Finding(
        message=message,
        evidence=(Evidence(f"image:{program.path}:1", f"names {wanted!r}"),),
        fix=fix,
        log=log,
        cause="image:start",
    )
