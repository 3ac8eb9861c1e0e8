"""Where the model will serve: the instance and the variables that the endpoint sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor import facts
from doctor.errors import BadInput
from doctor.model import Evidence, Unknown


class Target:
    """
    The endpoint's instance type and environment variables.

    Args:
        instance: "ml.g5.xlarge", or "" where none was given.
        variables: what the endpoint sets in the container.

    Raises BadInput for an instance type that hosting doesn't have (``doctor/facts/instances.json``).
    """

    def __init__(self, instance: str = "", variables: Mapping[str, str] | None = None) -> None:
        self.instance = instance
        self.variables = dict(variables or {})
        if instance and instance not in facts.load("instances")["instances"]:
            raise BadInput(f"--instance-type {instance}: no such hosting instance; write it like ml.m5.xlarge")

    @property
    def hardware(self) -> Mapping[str, Any]:
        """The instance's row of the facts; Unknown where no instance was given."""
        if not self.instance:
            raise Unknown("no --instance-type given")
        row: Mapping[str, Any] = facts.load("instances")["instances"][self.instance]
        return row

    @property
    def gpu(self) -> bool:
        """Whether the instance has an NVIDIA GPU; Unknown where no instance was given."""
        return "gpu" in self.hardware

    @property
    def memory(self) -> int:
        """The host's memory in bytes, of which the platform keeps a part; Unknown where nothing says."""
        mib = self.hardware.get("memory_mib")
        if mib is None:
            raise Unknown(f"nobody says how much memory {self.instance} has")
        return int(mib) << 20

    @property
    def gpu_memory(self) -> int:
        """Memory of one GPU in bytes; 0 without a GPU; Unknown where no instance was given."""
        return int(self.hardware.get("gpu", {}).get("memory_mib") or 0) << 20

    def evidence(self) -> Evidence:
        """Return the observation of the instance: ``target:instance`` ``ml.m5.xlarge (no GPU, 16 GiB)``."""
        gpu = self.hardware.get("gpu")
        unit = f"{gpu['count']} x {gpu['name']} {int(gpu['memory_mib']) / 1024:.0f} GiB" if gpu else "no GPU"
        return Evidence("target:instance", f"{self.instance} ({unit}, {self.memory / (1 << 30):.0f} GiB of memory)")
