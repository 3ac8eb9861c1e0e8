"""Check: what the container starts is not in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.image import Image
    from doctor.image.start import Program


@check(
    title="The program that the container starts is not in the image",
    fault="container-entrypoint",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(
        r'exec: "[^"]+": executable file not found in \$PATH',
        r'exec: "[^"]+": stat \S+: no such file or directory',
        r"exec: serve: not found",
        r"can't open file '[^']+': \[Errno 2\]",
        r"^\S*sh: (0: cannot open )?\S+: No such file",
        r"CannotStartContainerError",
    ),
    explains=("start-program-not-executable",),
)
def start_program_absent(image: Image) -> Iterator[Finding]:
    """
    The platform runs `docker run IMAGE serve`, and there has to be a program for that.

    `serve` takes the place of the CMD. Without an ENTRYPOINT it has to be a program on the image's PATH, so an image
    that starts its server by CMD alone doesn't start it here. With one, the ENTRYPOINT's program has to be there, and
    so does a script that it is given.
    """
    from doctor.image import start

    for at, program in enumerate(start.programs(image)):
        if not program.path:
            if not start.comes_later(image, program.words[0]):
                yield _finding(image, program, wrapped=at > 0)
        elif start.interpreter(program.name) and len(program.words) > 1 and program.words[1][:1] != "-":
            script = program.words[1]
            if not start.located(image, (f"{image.working_directory}/{script}" if script[0] != "/" else script,)).path:
                yield from _no_script(image, program, script)
    yield from _asked_of_shell(image)


def _asked_of_shell(image: Image) -> Iterator[Finding]:
    """What a shell is told to run by an ENTRYPOINT in shell form; `serve` is then the name by which it knows itself."""
    from doctor.image import start

    words = start.asked_program(image)
    shell = start.located(image, image.entrypoint[:1]).path.rsplit("/", 1)[-1] if words else ""
    if not shell or start.located(image, words).path or start.comes_later(image, words[0]):
        return
    as_bash = "line 1: " if shell == "bash" else "1: "
    by_exec = "exec: " if start.asked(image).split()[0] == "exec" else ""
    wording = "command not found" if shell == "bash" and not by_exec else "not found"
    yield Finding(
        message=f"the shell of the ENTRYPOINT is told to run {words[0]!r}, which is not in the image",
        evidence=(start.evidence(image), Evidence("image:env/PATH", ":".join(image.path))),
        fix=f"install {words[0]} in the image, or name its place in the ENTRYPOINT",
        log=f"serve: {as_bash}{by_exec}{words[0]}: {wording}",
        cause="image:start",
    )


def _finding(image: Image, program: Program, *, wrapped: bool) -> Finding:
    from doctor.image import start

    name = program.words[0]
    elsewhere = [p for p in image.files if p.endswith(f"/{name.rsplit('/', 1)[-1]}") and image.files[p].kind == "file"]
    lies = f"; /{elsewhere[0]} is not on it" if elsewhere and "/" not in name else ""
    place = f"in PATH {':'.join(image.path)}{lies}" if "/" not in name else "in the image"
    replaced = image.command and (wrapped or not image.entrypoint)
    cmd = f", and `serve` replaces CMD {start.shown(image.command)}" if replaced else ""
    return Finding(
        message=f"docker run IMAGE serve starts {name!r}, which is not {place}{cmd}",
        evidence=(start.evidence(image), Evidence("image:env/PATH", ":".join(image.path))),
        fix=_fix(image, name, elsewhere, wrapped=wrapped),
        log=_log(image, name, wrapped=wrapped),
        cause="image:start",
    )


def _fix(image: Image, name: str, elsewhere: list[str], *, wrapped: bool) -> str:
    from doctor.image.start import shown

    if elsewhere and "/" not in name:
        return f'ENV PATH="/{elsewhere[0].rpartition("/")[0]}:${{PATH}}" in the Dockerfile'
    if image.command and (wrapped or not image.entrypoint):
        return f"a /usr/local/bin/serve, mode 0755: #!/bin/sh and exec {' '.join(image.command)}, on port 8080"
    if image.entrypoint and not wrapped:
        return f"COPY {name} to where ENTRYPOINT {shown(image.entrypoint)} expects it"
    return (
        "COPY serve /usr/local/bin/serve and RUN chmod +x /usr/local/bin/serve, or an ENTRYPOINT [...] of your server"
    )


def _log(image: Image, name: str, *, wrapped: bool) -> str:
    if wrapped:
        return f"exec: {name}: not found"
    entry = image.files.get(image.resolve(posixpath.join(image.working_directory, name)))
    if "/" in name and entry is not None and entry.kind == "directory":
        return f'exec: "{name}": permission denied'
    if "/" in name:
        return f'exec: "{name}": stat {name}: no such file or directory'
    return f'exec: "{name}": executable file not found in $PATH'


def _no_script(image: Image, program: Program, script: str) -> Iterator[Finding]:
    from doctor.image import start

    if start.comes_later(image, script if "/" in script else f"./{script}"):
        return
    yield Finding(
        message=f"{program.words[0]} is to run {script}, which is not in the image",
        evidence=(start.evidence(image), Evidence("image:config/WorkingDir", image.working_directory)),
        fix=f"COPY the script to {script} in the Dockerfile, or name its place in the ENTRYPOINT",
        log=start.refusal(image, program.words[0], script),
        cause="image:start",
    )
