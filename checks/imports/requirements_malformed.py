"""Check: code/requirements.txt holds a line that pip can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.startup import lines, place
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.requirements import Line


@check(
    title="The requirements file holds a line that pip can't read",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/reference/requirements-file-format/",
    symptoms=(
        r"ERROR: Invalid requirement: ",
        r"ERROR: Could not open requirements file",
        r"UnicodeDecodeError: .*requirements",
    ),
    explains=("handler-imports-absent",),
)
def requirements_malformed(artifact: Artifact, stack: str) -> Iterator[Finding | Unknown]:
    """
    Pip reads the whole file before it installs anything, and one line that it can't read ends it.

    The container's start ends with it. Write one requirement a line, as ``name==version``; conda's ``name=version`` is
    none. A file with ``-r`` or ``-c`` needs the other file beside it in the artifact.
    """
    path = place(artifact, stack)
    if path and _is_binary(artifact.data(path)):
        yield Finding(
            message=f"{path} is not UTF-8 text, so pip can't read it",
            evidence=(Evidence(f"artifact:{path}", f"starts with {artifact.data(path)[:12]!r}"),),
            fix=f"iconv -f utf-16le -t utf-8 {path} > r.txt && mv r.txt {path}",
            log="UnicodeDecodeError: 'utf-8' codec can't decode byte",
            cause=f"artifact:{path}",
        )
        return
    for line in lines(artifact, stack):
        if line.kind == "malformed":
            yield Finding(
                message=f"line {line.number} of {line.path}, {line.text!r}, {_why(line)}, so pip installs nothing",
                evidence=(Evidence(line.where, line.text),),
                fix=f"- {line.text}\n+ {_mended(line.text)}",
                log=f"ERROR: {line.error}",
                cause=f"artifact:{path}",
            )


def _is_binary(raw: bytes) -> bool:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # pip then tries the container's locale, which is UTF-8 or ASCII.
        return True
    return b"\0" in raw


def _why(line: Line) -> str:
    if line.error.startswith("Could not open"):
        return "includes a file that is not in the artifact"
    return "is no option of pip's" if line.error.startswith("no such option") else "is no requirement"


def _mended(text: str) -> str:
    name, equals, version = text.partition("=")
    if equals and version and not version.startswith("="):
        return f"{name.strip()}=={version.split('=')[0].strip()}"
    words = text.split()
    if len(words) == 2 and words[1][0].isdigit():
        return "==".join(words)
    if words[:2] == ["pip", "install"]:
        return " ".join(words[2:])
    return "(one requirement, as name==version)"
