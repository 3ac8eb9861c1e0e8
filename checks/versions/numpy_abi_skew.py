"""Check: NumPy 2 stands beside packages that were compiled for NumPy 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor import used
from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Change, Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="NumPy 2 beside packages compiled for NumPy 1",
    fault="package-abi-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://numpy.org/doc/stable/dev/depending_on_numpy.html#numpy-2-abi-handling",
    symptoms=(
        r"numpy\.dtype size changed, may indicate binary incompatibility",
        r"numpy\.core\.multiarray failed to import",
        r"A module that was compiled using NumPy 1\.x cannot be run in",
        r"_ARRAY_API not found",
    ),
    explains=("requirements-break-installed",),
)
def numpy_abi_skew(handler: Handler, models: Models, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Compiled packages hold NumPy's data layout of the time, and NumPy 2 changed it.

    A wheel built for NumPy 1 fails on import beside NumPy 2, whatever its metadata allow. It happens where a
    requirement, or another package's, brings NumPy 2 into an image made for NumPy 1. Pin ``numpy<2`` in
    code/requirements.txt, or take releases built for NumPy 2.
    """
    imported = used.modules(handler, models)
    rows: dict[str, dict[str, Any]] = load("numpy_abi")["packages"]
    there = {name: row for name, row in rows.items() if name in serving.packages and _use(row, imported)}
    if not there:
        return
    if _stays_below_2(serving):
        return
    numpy = serving.version("numpy")
    if numpy is None or numpy.major < 2:
        return
    for name, row in there.items():
        version = serving.version(name)
        if version is None or version >= _version(row["works"]):
            continue
        if version > _version(row["fails"]):
            yield Unknown(f"whether {name} {version} works with NumPy 2 was not measured")
            continue
        yield _finding(name, row, _use(row, imported), serving)


def _stays_below_2(serving: Environment) -> bool:
    """Whether a requirement whose version nobody knows yet can't be any NumPy 2."""
    change = next((c for c in serving.changes if c.name == "numpy" and not c.after), None)
    if change is None:
        return False
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        allowed = Requirement(change.requirement.split(" #", maxsplit=1)[0]).specifier
    except InvalidRequirement:
        return False
    return not any(allowed.contains(f"2.{minor}.{fix}") for minor in range(12) for fix in range(8))


def _use(row: dict[str, Any], imported: dict[str, Evidence]) -> Evidence | None:
    tops = (row["module"], *row.get("imported_by", ()))
    return next((seen for top in tops if (seen := used.first_of(top, imported))), None)


def _finding(name: str, row: dict[str, Any], seen: Evidence | None, serving: Environment) -> Finding:
    change = next((c for c in serving.changes if c.name == "numpy" and c.kind in {"adds", "replaces"}), None)
    brought = (Evidence(change.where, change.requirement),) if change else ()
    numpy = serving.packages["numpy"]
    return Finding(
        message=f"{name} {serving.packages[name]} was compiled for NumPy 1 and can't be imported with numpy {numpy}",
        evidence=(serving.evidence(name), serving.evidence("numpy"), *brought, *([seen] if seen else [])),
        fix=_fix(change, name, row["works"]),
        log=row["log"],
        cause="serving:pkg/numpy",
    )


def _fix(change: Change | None, name: str, works: str) -> str:
    if change:
        return f"- {change.requirement}\n+ numpy=={change.before if change.before.startswith('1.') else '1.26.4'}"
    return f"echo 'numpy<2' >> code/requirements.txt, or {name}>={works}"


def _version(text: str) -> Version:
    from packaging.version import Version

    return Version(text)
