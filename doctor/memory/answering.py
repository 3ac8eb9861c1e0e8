"""``doctor fit``: a deployment's memory needs, held against the instance types of hosting, with what to change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.errors import NothingExamined
from doctor.memory.advice import advice
from doctor.memory.endpoint import waiting, with_disk
from doctor.memory.estimate import Estimate, Measured
from doctor.memory.fitting import Fit, instances
from doctor.memory.values import Verdict

if TYPE_CHECKING:
    from doctor.memory.estimating import Deployment, Memory


def answered(deployment: Deployment, *, measure: Callable[[Memory], Measured] | None = None) -> Estimate:
    """
    Return what a model needs and which instances have it.

    Args:
        deployment: the model, and where its code can be followed.
        measure: runs it on this machine's GPU; None where nobody asked for that.

    Raises BadInput where something given can't be read, and NothingExamined where nothing could be told.
    """
    from doctor.memory.estimating import Memory

    memory = deployment.part("memory")
    assert isinstance(memory, Memory)  # noqa: S101 - for the type checker
    target = deployment.part("target")
    fits = tuple(memory.fit(name, hardware) for name, hardware in instances())
    fits = tuple(sorted(fits, key=lambda f: f.gpu is None and not f.gpus))
    fits = tuple(with_disk(f, deployment) if f.instance == target.instance else f for f in fits)
    if all(f.verdict is Verdict.UNKNOWN for f in fits):
        wrong = [f"{t.path or 'the archive'}: {t.saw}" for t in deployment.part("artifact").troubles]
        reasons = wrong or sorted({reason for f in fits for reason in f.reasons if not f.gpus})
        raise NothingExamined(f"{deployment.plan.artifact}: its memory can't be told: {'; '.join(reasons[:3])}")
    estimate = Estimate(
        {"artifact": deployment.plan.artifact, **deployment.plan.told()},
        memory.subject.workload,
        memory.tier,
        memory.way,
        memory.coverage,
        fits,
        target.instance,
        _doubts(fits, target.instance),
        waiting=waiting(deployment, memory),
    )
    estimate = estimate._replace(advice=tuple(advice(memory, estimate)))
    return estimate._replace(measured=measure(memory)) if measure is not None else estimate


def can_run(plan: Any) -> bool:
    """Say whether what the user gave can run the model: an image, or the folder of a virtual environment."""
    return bool(plan.image) or bool(plan.serving and (Path(plan.serving).is_dir() or os.access(plan.serving, os.X_OK)))


def measuring(deployment: Deployment) -> Callable[[Memory], Measured]:
    """Return what measures a deployment's model on this machine's GPU; BadInput where there is none."""
    from doctor.memory import onhand

    onhand.device()
    return lambda memory: onhand.measured(deployment, memory)


def _doubts(fits: tuple[Fit, ...], chosen: str) -> tuple[str, ...]:
    told = [f for f in fits if not chosen or f.instance == chosen]
    return tuple(dict.fromkeys(doubt for f in told for h in f.held for doubt in h.need.doubts))
