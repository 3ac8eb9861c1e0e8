"""Check: doctor.json was written with other versions than will serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.errors import Unreadable
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.captured import Captured


@check(
    title="Other versions serve than those that doctor.json was captured with",
    fault="other-numbers",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://scikit-learn.org/stable/model_persistence.html",
)
def golden_versions_differ(artifact: Artifact, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    doctor.json names the versions of all packages that made its outputs; some of them serve in another version.

    That alone breaks nothing: `--trial invoke` compares the numbers themselves. Packages that don't serve at all aren't
    told, as the training may have used more than the model needs.
    """
    path = next((p for p in ("doctor.json", "code/doctor.json") if p in artifact), "")
    if not path:
        return
    from doctor.formats.captured import read

    try:
        captured = read(artifact.data(path))
    except Unreadable as error:
        yield Unknown(f"{path}: {error}")
        return
    found = list(_others(captured, serving))
    if found:
        yield Finding(
            message=f"{path} was captured with {found[0][0]}; {found[0][1]} serves"
            + (f", and {len(found) - 1} more differ" if found[1:] else ""),
            evidence=tuple(Evidence(f"artifact:{path}", f"{then}; serving {now}") for then, now in found[:20]),
            fix="doctor check --trial invoke compares the numbers; or pin these versions in code/requirements.txt",
            cause="trial:golden",
        )


def _others(captured: Captured, serving: Environment) -> Iterator[tuple[str, str]]:
    from packaging.utils import canonicalize_name

    if serving.python.count(".") == 2 and captured.python and serving.python != captured.python:
        yield f"Python {captured.python}", f"Python {serving.python}"
    for name, then in captured.packages.items():
        now = serving.packages.get(canonicalize_name(name), "")
        if now and not _same(then, now):
            yield f"{name} {then}", f"{name} {now}"


def _same(then: str, now: str) -> bool:
    """Whether two versions are one; a build's own mark (+cpu) counts where both have one."""
    one, other = then.partition("+"), now.partition("+")
    return one[0] == other[0] and (one[2] == other[2] or not one[2] or not other[2])
