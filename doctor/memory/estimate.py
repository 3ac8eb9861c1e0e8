"""What ``doctor fit`` found: the needs of one model, held against instance types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor.memory.fitting import Fit
from doctor.memory.values import Tier, Verdict, Workload


class Measured(NamedTuple):
    """
    What a real GPU showed; sizes in bytes.

    Args:
        gpu: its name.
        driver: its driver's version.
        total: its memory.
        process: most that the process had of it, context included; 0 where the driver doesn't tell.
        reserved: most that PyTorch's allocator had; 0 for another framework.
        estimated: what was expected of ``process``.
    """

    gpu: str
    driver: str
    total: int
    process: int
    reserved: int
    estimated: int


class Waiting(NamedTuple):
    """
    How long it takes until the model serves, in seconds: low, expected, high.

    Args:
        steps: "download", "unpack", "start", "load".
        download_timeout: that the platform gives fetching and unpacking, 0 unknown.
        startup_timeout: that it gives starting and loading, 0 unknown.
    """

    steps: Mapping[str, tuple[float, ...]]
    download_timeout: int = 0
    startup_timeout: int = 0

    @property
    def whole(self) -> tuple[float, ...]:
        """Seconds of all steps."""
        return tuple(sum(ends) for ends in zip(*self.steps.values(), strict=True))


class Estimate(NamedTuple):
    """
    The whole answer.

    Args:
        subject: what the user said.
        workload: what is asked of the model at one time.
        tier: that answered.
        way: what was followed or read: "model_fn of code/inference.py, torch 2.13.0".
        coverage: share of the peak that exact rules account for.
        fits: instance types, those with a GPU first.
        chosen: the instance type that the user named, "" without.
        doubts: what makes ranges wide, a sentence each.
        advice: what to change, a sentence each, the cheapest first.
        measured: what a GPU showed, None without one.
        waiting: how long it takes until it serves, None where nothing tells.
    """

    subject: Mapping[str, Any]
    workload: Workload
    tier: Tier
    way: str
    coverage: float
    fits: tuple[Fit, ...]
    chosen: str = ""
    doubts: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    measured: Measured | None = None
    waiting: Waiting | None = None

    def of(self, instance: str) -> Fit | None:
        """Return what was found for an instance type."""
        return next((f for f in self.fits if f.instance == instance), None)

    @property
    def shown(self) -> Fit | None:
        """The instance whose terms are told: the user's, else the smallest that has room, else the largest."""
        if self.chosen:
            return self.of(self.chosen)
        return next((f for f in self.fits if f.verdict is Verdict.FITS), self.fits[-1] if self.fits else None)

    @property
    def status(self) -> int:
        """The exit status: 0 where the user's instance, or any, has room; 1 where none has."""
        asked = [f for f in self.fits if not self.chosen or f.instance == self.chosen]
        return int(not any(f.verdict in {Verdict.FITS, Verdict.TIGHT, Verdict.UNKNOWN} for f in asked))
