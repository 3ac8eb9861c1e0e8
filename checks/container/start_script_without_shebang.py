"""Check: the script that the container starts names no interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image


@check(
    title="The script that the container starts has no #! line",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://man7.org/linux/man-pages/man2/execve.2.html",
    symptoms=(r"exec \S+: exec format error", r"exec user process caused:? .?exec format error"),
)
def start_script_without_shebang(image: Image) -> Iterator[Finding]:
    """
    The script that starts has to say which interpreter runs it.

    A shell runs a script without `#!` itself; a container engine asks the kernel, which refuses what is neither a
    program nor begins with the two bytes `#!`. A blank line or a byte order mark before them is enough. The same words
    in the log can mean an image for another processor.
    """
    from doctor.errors import Unreadable
    from doctor.image import start

    for program in start.programs(image):
        try:
            data = image.data(program.path)
        except Unreadable:
            continue
        if not program.runs or data.startswith((b"#!", b"\x7fELF")) or program.name in {"sh", "bash", "python"}:
            continue
        first = data.split(b"\n", 1)[0][:60].decode("utf-8", "replace").rstrip()
        interpreter = "#!/usr/bin/env python3" if b"import " in data else "#!/bin/sh"
        yield Finding(
            message=f"/{program.named} begins with {first!r}: the kernel can't tell what runs it",
            evidence=(Evidence(f"image:{program.path}:1", first or "an empty line"), start.evidence(image)),
            fix=f"make {interpreter} the first line of /{program.path}, with nothing before it",
            log=f"exec /{program.named}: exec format error",
            cause="image:start",
        )
