"""Check: the image's USER may not execute or read what starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The image's USER may not run the server",
    fault="permissions",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="aws/amazon-sagemaker-examples#744",
    symptoms=(
        r"exec /\S+: permission denied",
        r"can't open file '[^']+': \[Errno 13\] Permission denied",
        r"unable to find user \S+: no matching entries in passwd file",
    ),
)
def user_cannot_start_server(image: Image) -> Iterator[Finding]:
    """
    With USER, the server runs as somebody who may not read and execute everything.

    Files that COPY brings keep their modes and belong to root. The platform expects containers to run as root;
    without USER in the Dockerfile this can't happen.
    """
    from doctor.image import start, users

    user = users.number(image)
    if user is None:
        if users.has_passwd(image):
            yield _finding(image, f"USER {image.user} is not in the image's /etc/passwd", (), _unknown(image.user))
        return
    if user == 0:
        return
    for program in start.programs(image):
        stop = users.refused(image, program.path, user, users.ENTER) if program.path and program.runs else ""
        if stop:
            log = f"exec /{program.path}: permission denied"
            if stop != program.path and "/" not in program.words[0]:
                log = f'exec: "{program.words[0]}": executable file not found in $PATH'
            message = f"USER {image.user} may not execute /{program.named}"
            yield _finding(image, message, (start.mode(image, stop),), log)
            return
    for path in start.read(image):
        if stop := users.refused(image, path, user, users.READ):
            log = f"can't open file '/{path}': [Errno 13] Permission denied"
            yield _finding(image, f"USER {image.user} may not read /{path}", (start.mode(image, stop),), log)
            return


def _unknown(user: str) -> str:
    return f"unable to find user {user}: no matching entries in passwd file"


def _finding(image: Image, message: str, seen: tuple[Evidence, ...], log: str) -> Finding:
    return Finding(
        message=f"{message}, so the container doesn't start",
        evidence=(Evidence("image:config/User", image.user), *seen),
        fix="USER root in the Dockerfile (the platform expects it), or RUN chmod -R a+rX on what the server needs",
        log=log,
        cause="image:start",
    )
