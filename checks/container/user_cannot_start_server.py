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
        r"sh: 0: cannot open \S+: Permission denied",
        r'exec: "[^"]+": stat \S+: permission denied',
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
            name = program.words[0]
            if stop != program.path:
                by_path = f"stat {name}: permission denied"
                log = f'exec: "{name}": {by_path if "/" in name else "executable file not found in $PATH"}'
            message = f"USER {image.user} may not execute /{program.named}"
            yield _finding(image, message, (start.mode(image, stop),), log)
            return
    for path in start.read(image):
        if stop := users.refused(image, path, user, users.READ):
            log = _unread(image, path)
            yield _finding(image, f"USER {image.user} may not read /{path}", (start.mode(image, stop),), log)
            return


def _unread(image: Image, path: str) -> str:
    """As the interpreter says it: that of the script's first line, or the one that was given the script."""
    from doctor.image import start

    for program in start.programs(image):
        words = start.shebang(start.text(image, path)) if program.path == path else []
        if words:
            name = start.by_env(words[1:]) if words[0].endswith("/env") else words[0]
            return start.refusal(image, name, f"/{program.named}", denied=True)
        if start.interpreter(program.name) and len(program.words) > 1:
            return start.refusal(image, program.words[0], program.words[1], denied=True)
    return f"/{path}: Permission denied"


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
