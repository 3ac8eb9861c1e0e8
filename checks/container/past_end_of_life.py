"""Check: what serves gets no fixes any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.environment import Environment
    from doctor.image import Image


@check(
    title="The image serves with software that gets no fixes any more",
    fault="past-end-of-life",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://devguide.python.org/versions/",
)
def past_end_of_life(image: Image, serving: Environment) -> Iterator[Finding]:
    """
    The image works, and nobody mends what is found in its server, its framework or its Python.

    Told of projects that were archived or retired, of TensorFlow 1, and of releases of Python whose support has ended,
    with the date and where it is published. Nothing fails for that: plan the move.
    """
    facts = load("end_of_life")
    for name, row in facts["packages"].items():
        found = next((n for n in serving.packages if n == name or n.startswith(f"{name}-cu")), "")
        if found and _is_meant(serving, found, row):
            yield _finding(f"{row['name']} {serving.packages[found]}".strip(), row, serving.evidence(found), found)
    yield from _python(image, serving, facts["python"])


def _is_meant(serving: Environment, name: str, row: Mapping[str, str]) -> bool:
    if "before" not in row:
        return True
    try:
        version = serving.version(name)
    except Unknown:
        return False
    return version is not None and version.major < int(row["before"])


def _finding(what: str, row: Mapping[str, str], seen: Evidence, name: str) -> Finding:
    return Finding(
        message=f"{what} gets no fixes any more: {row['what']} on {row['ended']} ({row['source']})",
        evidence=(seen,),
        fix=row["instead"],
        likelihood=Likelihood.POSSIBLE,  # that it ever matters; so it stands after all that does
        cause=f"serving:pkg/{name}",
    )


def _python(image: Image, serving: Environment, facts: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    try:
        series = ".".join(map(str, serving.python_version()))
    except Unknown:
        return
    ended = facts["ended"].get(series)
    if ended:
        yield Finding(
            message=f"Python {serving.python} gets no fixes any more: support of {series} ended {ended} "
            f"({facts['source']})",
            evidence=(Evidence("serving:python", f"{serving.python} ({image.source})"),),
            fix="a base image with a later Python, and the model's packages in releases for that",
            likelihood=Likelihood.POSSIBLE,
            cause="serving:python",
        )
