"""What several models need in memory at one time: as trials measured it, else at least what their weights take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.kinds.base import bytes_by_dtype
from doctor.model import Evidence, Unknown
from doctor.weights import made_smaller, of_folder

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member
    from doctor.trials.values import Step


class Need(NamedTuple):
    """
    What one model takes once it is loaded.

    Args:
        name: of the member.
        size: bytes.
        measured: whether a trial told; else they are its weights, and the libraries come on top.
        evidence: where that was seen.
    """

    name: str
    size: int
    measured: bool
    evidence: Evidence


def needs(fleet: Fleet) -> list[Need]:
    """Return what each member takes, those of which nothing is known left out, the largest first."""
    found = (_measured(member) or _stored(member) for member in fleet)
    return sorted((n for n in found if n), key=lambda n: -n.size)


def evidence(found: list[Need]) -> tuple[Evidence, ...]:
    """Return where it was seen, the largest five and the rest as one."""
    rest = found[5:]
    more = (Evidence("artifact:/", f"{len(rest)} more models: {gigabytes(sum(n.size for n in rest))}"),) if rest else ()
    return (*(n.evidence for n in found[:5]), *more)


def gigabytes(size: int) -> str:
    """Return bytes as messages write them: "1.3 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 50_000_000 else f"{size / 1e6:.1f} MB"


def fitting(found: list[Need], room: int) -> int:
    """Return how many of the models fit, the smallest first."""
    count = 0
    for need in reversed(found):
        room -= need.size
        count += room >= 0
    return count


def peak_together(steps: Mapping[str, Step]) -> int:
    """
    Return the bytes that models need in memory at one time, each at its own peak, as trials of loading them measured.

    Args:
        steps: the load step of each, by name.

    Raises Unknown where one didn't load, or nothing told its peak: a sum that leaves one out says nothing.
    """
    for name, step in steps.items():
        if not step.worked:
            raise Unknown(f"{name} didn't load in its trial")
        if not step.peak:
            raise Unknown(f"nothing told how much memory {name} took")
    return sum(step.peak for step in steps.values())


def _measured(member: Member) -> Need | None:
    try:
        peak = peak_together({member.name: member.loaded})
    except Unknown:
        return None
    return Need(
        member.name,
        peak,
        measured=True,
        evidence=Evidence("trial:load", f"{member.name}: {gigabytes(peak)} at its peak"),
    )


def _stored(member: Member) -> Need | None:
    """Count what is surely read: the weights of from_pretrained, else the one file that holds most."""
    models = member.models
    target = member.deployment.part("target")
    if made_smaller(models, target.variables, member.artifact, member.handler):
        return None
    weights = of_folder(models, "")
    if weights is not None:
        return Need(
            member.name, weights.size, measured=False, evidence=member.seen(weights.files[0], weights.evidence().saw)
        )
    sizes = {f.path: sum(bytes_by_dtype(f.tensors).values()) for f in models.files}
    largest = max(sizes, key=lambda path: sizes[path], default="")
    if not largest or not sizes[largest]:
        return None
    size = sizes[largest]
    return Need(member.name, size, measured=False, evidence=member.seen(largest, f"{gigabytes(size)} of tensors"))
