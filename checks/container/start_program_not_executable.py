"""Check: what the container starts has no execute bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The program that the container starts may not be executed",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="aws/amazon-sagemaker-examples#628",
    symptoms=(r'exec: "serve": executable file not found in \$PATH', r'exec: "[^"]+": permission denied'),
)
def start_program_not_executable(image: Image) -> Iterator[Finding]:
    """
    `serve` is there, and nobody may execute it.

    A file that was copied from Windows, from a notebook's folder or from object storage has no execute bit. The engine
    looks for programs that may be executed only, so it says of a file on PATH that it is not found.
    """
    from doctor.image import start

    for program in start.programs(image):
        if program.path and not program.runs:
            by_path = "/" in program.words[0]
            wrong = "permission denied" if by_path else "executable file not found in $PATH"
            yield Finding(
                message=f"docker run IMAGE serve starts /{program.named}, which has mode "
                f"{image.files[program.path].mode & 0o7777:04o}: no execute bit",
                evidence=(start.mode(image, program.path), start.evidence(image)),
                fix=f"RUN chmod +x /{program.path} in the Dockerfile (or: COPY --chmod=0755 ...)",
                log=f'exec: "{program.words[0]}": {wrong}',
                cause="image:start",
            )
