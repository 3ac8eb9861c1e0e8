"""Check: no release of a library serves all models of the endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member


class _Apart(NamedTuple):
    """Two models, and for each release that was measured the finding that says which of the two fails, and how."""

    one: Member
    other: Member
    tried: dict[str, tuple[Member, Finding]]


@check(
    title="No release of a library serves all models of the endpoint",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://scikit-learn.org/stable/model_persistence.html",
)
def no_version_serves_all(fleet: Fleet) -> Iterator[Finding | Unknown]:
    """
    All models of an endpoint are served by one image, with one release of each library.

    Where one model was written by an old release that newer ones can't read, and another by a new one that old releases
    can't read, no release serves both: every one that was measured fails one of them. Train one of the two again with
    the other's release, or take an endpoint for each. This is asked where several artifacts are given.
    """
    for package, family in load("multi_model")["families"].items():
        written = {m.name: m.writers().get(package, "") for m in fleet}
        if len({v for v in written.values() if v}) < 2:
            continue
        yield from _judged(fleet, package, family, written)


def _judged(
    fleet: Fleet, package: str, family: Mapping[str, list[str]], written: Mapping[str, str]
) -> Iterator[Finding | Unknown]:
    concerned = [m for m in fleet if written[m.name]]
    for one, other in combinations(concerned, 2):
        if written[one.name] == written[other.name]:
            continue
        apart = _apart(fleet, one, other, _candidates(package, family, written))
        if isinstance(apart, Unknown):
            yield apart
        elif apart is not None:
            yield _finding(apart, package, written)
            return


def _candidates(package: str, family: Mapping[str, list[str]], written: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Environments to try: what the models' own writers had, then every release that was measured."""
    if not family["with"]:
        yield from ({package: version} for version in sorted({v for v in written.values() if v}, reverse=True))
    for environment in reversed(load(str(family["measured"]))["environments"].values()):
        there = environment["packages"]
        yield {name: there[name] for name in (package, *family["with"]) if name in there}


def _apart(fleet: Fleet, one: Member, other: Member, candidates: Iterator[dict[str, str]]) -> _Apart | Unknown | None:
    """Say whether every candidate fails one of two models; None where one serves both, Unknown where it may."""
    tried: dict[str, tuple[Member, Finding]] = {}
    unsure = ""
    for packages in candidates:
        named = " and ".join(f"{name} {version}" for name, version in packages.items())
        trials = [(m, fleet.under(m, packages)) for m in (one, other)]
        failed = next(((m, t.failure) for m, t in trials if t.failure), None)
        if failed:
            tried[named] = failed
        elif not any(t.unsure for _m, t in trials):
            return None
        else:
            unsure = unsure or f"{named}: {next(t.unsure for _m, t in trials if t.unsure)}"
    if unsure:
        return Unknown(f"whether a release serves both {one.name} and {other.name} can't be told: {unsure}")
    return _Apart(one, other, tried) if tried else None


def _finding(apart: _Apart, package: str, written: Mapping[str, str]) -> Finding:
    one, other = apart.one, apart.other
    shown = [next((p for p in apart.tried.items() if p[1][0] is m), None) for m in (one, other)]
    failures = [(release, member, found) for release, (member, found) in filter(None, shown)]
    return Finding(
        message=f"no release of {package} serves both {one.name} (written by {written[one.name]}) and {other.name} "
        f"(written by {written[other.name]}): each of {len(apart.tried)} that were measured fails one of them",
        evidence=(
            *(m.seen("", f"written by {package} {written[m.name]}") for m in (one, other)),
            *(Evidence(f"serving:pkg/{package}", f"{release}: {m.name} fails: {f.log}") for release, m, f in failures),
        ),
        fix=f"one endpoint for each, or train {_older(apart, written)} again with the other's {package}",
        likelihood=min(found.likelihood for _r, _m, found in failures),
        log=failures[0][2].log,
        cause=f"fleet:pkg/{package}",
    )


def _older(apart: _Apart, written: Mapping[str, str]) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return min((apart.one.name, apart.other.name), key=lambda name: Version(written[name]))
    except InvalidVersion:
        return apart.one.name
