"""Check: the serve script starts a program that is not in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image

_STARTS = r"(?:Popen|check_call|check_output|run|call)\(\s*\[\s*[\"']([\w./-]+)[\"']"
_TOOLKIT = r"from sagemaker_containers\.cli\.serve import|sagemaker_containers\._server"


@check(
    title="The serve script starts a program that is not in the image",
    fault="wrong-image-kind",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="aws/amazon-sagemaker-examples#1853",
    symptoms=(r"FileNotFoundError: \[Errno 2\] No such file or directory: '(nginx|gunicorn)'",),
)
def server_program_absent(image: Image) -> Iterator[Finding]:
    """
    Many `serve` scripts start nginx and gunicorn, which have to be in the image.

    The script is often copied from an example without the line of the Dockerfile that installs them.
    """
    import re

    from doctor.image import start

    for path, text in start.scripts(image):
        named = [(m.start(), m[1]) for m in re.finditer(_STARTS, text)]
        if toolkit := re.search(_TOOLKIT, text):
            named.append((toolkit.start(), "nginx"))
        for at, name in named:
            if (
                name in {"nginx", "gunicorn", "uvicorn", "torchserve", "java"}
                and not start.located(image, (name,)).path
            ):
                line = text.count("\n", 0, at) + 1
                yield Finding(
                    message=f"/{path}, line {line}, starts {name}, which is not in the image",
                    evidence=(Evidence(f"image:{path}:{line}", text.splitlines()[line - 1].strip()[:120]),),
                    fix=f"RUN {'apt-get install -y' if name in {'nginx', 'java'} else 'pip install'} {name}",
                    log=f"FileNotFoundError: [Errno 2] No such file or directory: '{name}'",
                    cause="image:start",
                )
                return
