"""Check: files that the server needs are closed to others, and a serverless endpoint runs as another user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.target import Target


@check(
    title="A serverless endpoint may not read the server's files",
    fault="permissions",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="mlflow/mlflow#5544",
    symptoms=(r"[Pp]ermission denied",),
)
def unreadable_on_serverless(image: Image, target: Target) -> Iterator[Finding]:
    """
    A serverless endpoint runs the container as a user that owns nothing in it.

    The same image works on a real-time endpoint, where the server is root. Files need to be readable by everyone, and
    programs and folders executable.
    """
    from doctor.image import start, users

    if not target.is_a("serverless"):
        return
    wanted = {p.path: users.ENTER for p in start.programs(image) if p.path}
    wanted.update(dict.fromkeys(start.read(image), users.READ))
    home = image.working_directory.strip("/")
    if home:
        wanted.update({p: users.READ for p, e in image.files.items() if p.startswith(f"{home}/") and e.kind == "file"})
    closed = [stop for path, how in wanted.items() if (stop := users.refused(image, path, None, how))]
    if closed:
        yield Finding(
            message=f"/{closed[0]} is closed to others ({len(set(closed))} in all), and a serverless endpoint's "
            "container doesn't run as root",
            evidence=tuple(start.mode(image, p) for p in dict.fromkeys(closed[:4])),
            fix=f"RUN chmod -R o+rX /{closed[0].rpartition('/')[0]} in the Dockerfile",
            likelihood=Likelihood.LIKELY,
            log=f"PermissionError: [Errno 13] Permission denied: '/{closed[0]}'",
            cause="image:modes",
        )
