"""Check: some lines of code/requirements.txt have a hash and others don't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.environments.startup import lines, place
from doctor.formats.distribution import holds
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment


@check(
    title="Some requirements have a hash, and others don't",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode",
    symptoms=(
        r"ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements",
        r"ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==",
    ),
    explains=("handler-imports-absent", "requirements-unpinned"),
)
def requirements_hashes_incomplete(artifact: Artifact, stack: str, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    One hash in the file makes pip demand one of everything that it installs.

    What is installed already in a version that satisfies its line needs none. Write a hash on every line (``pip-compile
    --generate-hashes`` does), or on none.
    """
    if not place(artifact, stack):
        return
    stated = [x for x in lines(artifact, stack) if x.name and not x.constraint]
    hashed = next((x for x in stated if x.hashed), None)
    if hashed is None:
        return
    kept = {c.name for c in serving.changes if c.kind == "keeps"}
    bare = [x for x in stated if not x.hashed and x.name not in kept]
    bare = [x for x in bare if x.kind == "requirement" and (not x.marker or holds(x.marker, serving.python))]
    if bare:
        more = f" and {len(bare) - 1} more have" if len(bare) > 1 else " has"
        yield Finding(
            message=f"{bare[0].text} (line {bare[0].number}){more} no hash, and {hashed.name} (line {hashed.number}) "
            "has one: pip then installs nothing without",
            evidence=(Evidence(bare[0].where, bare[0].text), Evidence(hashed.where, f"{hashed.name} ... --hash=...")),
            fix="pip-compile --generate-hashes, or take the hashes out",
            log="ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements",
            cause=f"artifact:{bare[0].path}",
        )
