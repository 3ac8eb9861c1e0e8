"""What the probe is asked of memory: which GPUs, how many rows, how many tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from doctor.memory.fitting import gpu_kinds
from doctor.memory.gpus import of_hardware


class Plan(Protocol):
    """What the user said of the work (``doctor.deployment.Plan``)."""

    @property
    def batch(self) -> int:
        """Rows of a request; 0 where nothing was said."""

    @property
    def tokens(self) -> int:
        """Tokens of each row."""

    @property
    def new_tokens(self) -> int:
        """Tokens that are generated."""

    @property
    def measure(self) -> bool:
        """Whether it is run on this machine's GPU too."""


def asked(plan: Plan, hardware: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """
    Return what the step "memory" is asked.

    Args:
        plan: what the user said.
        hardware: of the instance, None where none was named: then all kinds of GPUs are asked for.
    """
    kinds = gpu_kinds() if hardware is None else [gpu for gpu in (of_hardware(hardware),) if gpu is not None]
    if plan.measure:
        from doctor.memory import onhand

        kinds.insert(0, onhand.gpu_of(onhand.device()))
    batch = plan.batch or 1
    return {
        "gpus": [dict(gpu.asked()) for gpu in kinds],
        "batches": [batch, 2 * batch],
        "tokens": plan.tokens,
        "new_tokens": plan.new_tokens,
    }
