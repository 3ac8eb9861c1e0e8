"""Check: code/requirements.txt names files of the machine on which it was frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.startup import lines, place
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.requirements import Line

_CODE = "/opt/ml/model/"


@check(
    title="The requirements name files of another machine",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/pypa/pip/issues/8176",
    symptoms=(r"ERROR: Could not install packages due to an OSError: \[Errno 2\] No such file or directory",
              r"ERROR: .* does not appear to be a Python project|ERROR: Invalid requirement: .*file:"),
    explains=("handler-imports-absent",),
)  # fmt: skip
def requirements_local_path(artifact: Artifact, stack: str) -> Iterator[Finding | Unknown]:
    """
    A freeze made in a conda environment, or of packages installed from files, says where those files were.

    ``certifi @ file:///tmp/build/...`` is nowhere but on that machine, and pip stops at the first such line. Freeze
    with ``pip list --format=freeze``, or write the versions.
    """
    path = place(artifact, stack)
    wrong = [
        line for line in lines(artifact, stack) if line.kind in {"path", "editable"} and _is_absent(line, artifact)
    ]
    if not wrong:
        return
    first = wrong[0]
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    where = _local(first)
    yield Finding(
        message=f"line {first.number} of {first.path} installs {first.name or 'a package'} from {where}{more}, "
        "which is not in the container",
        evidence=tuple(Evidence(line.where, line.text) for line in wrong[:3]),
        fix=f"- {first.text}\n+ {first.name or 'name'}{first.specifier or '==<its version>'}",
        log=f"ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '{where}'",
        cause=f"artifact:{path}",
    )


def _local(line: Line) -> str:
    return line.url.removeprefix("file://").split("#")[0].split(";")[0].strip()


def _is_absent(line: Line, artifact: Artifact) -> bool:
    """Whether the file is surely not there: an absolute path outside the image's own folders, not in the artifact."""
    where = _local(line)
    if "://" in where or "+" in where.split(":")[0] or not where:
        return False
    if where.startswith(_CODE):
        inside = where.removeprefix(_CODE).rstrip("/")
        return inside not in artifact and not artifact.has_folder(inside)
    return where.startswith(("/tmp/", "/home/", "/Users/", "/croot/", "/private/", "/C:", "/builds/", "/mnt/"))  # noqa: S108
