"""What the package index offers for one requirement on one Python, as far as it was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.environments.index import Release, allows, covers, disjoint, final, parsed, pinned, releases, yanked

if TYPE_CHECKING:
    from doctor.environment import Change, Environment


class Offer(NamedTuple):
    """
    What pip finds for a requirement.

    Args:
        name: of the distribution.
        specifier: of the requirement.
        asked: the release that the requirement means: the pinned one, or the newest that it allows.
        wheel: the newest allowed release with a wheel for this Python, "" where none has one.
        source: the newest allowed release with only a source archive for this Python, "" where none is so.
        oldest: the oldest release with a wheel for this Python, "" where none has one.
        newest: the newest with one.
    """

    name: str
    specifier: str
    asked: str
    wheel: str
    source: str
    oldest: str
    newest: str

    @property
    def pinned(self) -> bool:
        """Whether the requirement names one version."""
        return bool(pinned(self.specifier))

    @property
    def usable(self) -> bool:
        """Whether pip finds anything at all."""
        return bool(self.wheel or self.source)

    @property
    def compiled(self) -> str:
        """The release that pip compiles: the newest that it may take has no wheel for this Python; "" for none."""
        newer = self.source and (not self.wheel or parsed(self.source) > parsed(self.wheel))
        return self.source if newer else ""

    @property
    def nearest(self) -> str:
        """The release with a wheel for this Python that is nearest to what was asked for."""
        older = self.oldest and parsed(self.asked) < parsed(self.oldest)
        return self.oldest if older else self.newest


def offers(name: str, specifier: str, python: tuple[int, int]) -> Offer | None:
    """Return what pip finds for a requirement; None where that was not recorded, or newer releases may decide."""
    recorded = releases(name)
    minor = python[1]
    allowed = [r for r in recorded if allows(specifier, str(r.version))]
    if not recorded or not allowed or _may_be_newer(specifier, recorded, allowed, minor):
        return None
    built = [r for r in recorded if minor in r.wheels]
    wheel = next((r for r in reversed(allowed) if minor in r.wheels), None)
    source = next((r for r in reversed(allowed) if minor in r.sources and _is_compiled(r, recorded)), None)
    return Offer(
        name,
        specifier,
        str(allowed[-1].version),
        str(wheel.version) if wheel else "",
        str(source.version) if source else "",
        str(built[0].version) if built else "",
        str(built[-1].version) if built else "",
    )


def compiled(serving: Environment) -> Iterator[tuple[Change, Offer]]:
    """Yield what the lines of the file install that has no wheel for the serving Python, only a source archive."""
    for change in serving.changes:
        if change.because or change.kind not in {"adds", "replaces", "unpinned"} or not releases(change.name):
            continue
        python = serving.python_version()
        offer = offers(change.name, change.specifier, python) if covers(python) else None
        if offer is not None and offer.compiled:
            yield change, offer


def _may_be_newer(specifier: str, recorded: tuple[Release, ...], allowed: list[Release], minor: int) -> bool:
    """Whether a release that is not recorded yet may be the one that pip takes, and be for this Python."""
    pin = pinned(specifier)
    if pin:
        return not final(pin)
    if disjoint(specifier or ">=0", f">{recorded[-1].version}"):
        return False
    newest = allowed[-1]
    # No later release comes back to a Python that the newest has left.
    return minor in newest.wheels | newest.sources or min(newest.wheels | newest.sources, default=0) <= minor


def _is_compiled(release: Release, recorded: tuple[Release, ...]) -> bool:
    """Whether a source archive has something to compile: the release has wheels, for other Pythons."""
    return bool(release.wheels) or any(r.wheels and r.sources for r in recorded)


def absent(name: str, version: str) -> tuple[str, bool] | None:
    """
    Say whether a pinned version was never released: the nearest recorded one, and whether a later fix could be it.

    None where it is recorded, or newer than what was.
    """
    asked = parsed(version)
    recorded = [r.version for r in releases(name)]
    known = {*recorded, *map(parsed, yanked(name))}
    if not recorded or not final(version) or asked in known or not recorded[0] < asked < recorded[-1]:
        return None
    before = [v for v in recorded if v < asked]
    after = [v for v in recorded if v > asked]
    same = [v for v in after if v.release[:2] == asked.release[:2]]
    later_series = {v.release[:2] for v in after}
    if not same and len(later_series) < 2:
        return None
    near = before[-1] if before[-1].release[:2] == asked.release[:2] else after[0]
    return str(near), not same
