"""Where the model will serve: the kind of endpoint, its instance, its settings and the variables that it sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doctor import facts
from doctor.errors import BadInput
from doctor.model import Evidence, Unknown

ENDPOINTS = ("realtime", "serverless", "async", "batch", "multi-model")


class Target:
    """
    The endpoint: its kind, instance type, settings and environment variables.

    Args:
        instance: "ml.g5.xlarge", or "" where none was given.
        variables: what the endpoint sets in the container.
        endpoint: one of ENDPOINTS, or "" where none was given.
        ami: the InferenceAmiVersion, or "".
        startup_timeout: ContainerStartupHealthCheckTimeoutInSeconds, 0 where none was given.
        download_timeout: ModelDataDownloadTimeoutInSeconds, 0 where none was given.
        network_isolation: whether the container has no network, None where nothing was said.
        memory: a serverless endpoint's memory in MiB, 0 where none was given.
        region: "eu-west-1", or "" where none was given.

    Raises BadInput for what hosting doesn't have (``doctor/facts/instances.json``, ``limits.json``).
    """

    def __init__(
        self,
        instance: str = "",
        variables: Mapping[str, str] | None = None,
        *,
        endpoint: str = "",
        ami: str = "",
        startup_timeout: int = 0,
        download_timeout: int = 0,
        network_isolation: bool | None = None,
        memory: int = 0,
        region: str = "",
    ) -> None:
        self.instance = instance
        self.variables = dict(variables or {})
        self._endpoint = endpoint
        self._ami = ami
        self._timeouts = {"startup": startup_timeout, "download": download_timeout}
        self._network_isolation = network_isolation
        self._memory = memory
        self._region = region
        self._refuse_what_hosting_lacks()

    @property
    def endpoint(self) -> str:
        """The kind of endpoint; Unknown where none was given."""
        if self._endpoint:
            return self._endpoint
        if self.variables.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
            return "multi-model"
        raise Unknown("no --endpoint given")

    def is_a(self, endpoint: str) -> bool:
        """Say whether the endpoint is surely of a kind."""
        try:
            return self.endpoint == endpoint
        except Unknown:
            return False

    @property
    def limits(self) -> Mapping[str, Any]:
        """The limits of the kind of endpoint (``doctor/facts/limits.json``); Unknown where no kind was given."""
        row: Mapping[str, Any] = facts.load("limits")["endpoints"][self.endpoint]
        return row

    @property
    def ami(self) -> str:
        """The InferenceAmiVersion; Unknown where none was given."""
        return self._ami or _unknown("no --inference-ami given")

    @property
    def region(self) -> str:
        """The region; Unknown where none was given."""
        return self._region or _unknown("no --region given")

    @property
    def startup_timeout(self) -> int:
        """Seconds that the platform waits for the first good answer to a ping, the kind's default where none is set."""
        return self._timeout("startup")

    @property
    def download_timeout(self) -> int:
        """Seconds that the platform takes for fetching and unpacking the model, the default where none is set."""
        return self._timeout("download")

    @property
    def network_isolation(self) -> bool:
        """Whether the container has no network; Unknown where nothing was said."""
        if self._network_isolation is None:
            raise Unknown("neither --network-isolation nor --no-network-isolation given")
        return self._network_isolation

    @property
    def hardware(self) -> Mapping[str, Any]:
        """The instance's row of the facts; Unknown where no instance was given."""
        if not self.instance:
            raise Unknown("no --instance-type given")
        row: Mapping[str, Any] = facts.load("instances")["instances"][self.instance]
        return row

    @property
    def gpu(self) -> bool:
        """Whether it has an NVIDIA GPU; a serverless endpoint has none; Unknown where no instance was given."""
        return False if self.is_a("serverless") else "gpu" in self.hardware

    @property
    def memory(self) -> int:
        """Its memory in bytes, of which the platform keeps a part; Unknown where nothing says."""
        if self.is_a("serverless"):
            return (self._memory << 20) or _unknown("no --memory given")
        mib = self.hardware.get("memory_mib")
        if mib is None:
            raise Unknown(f"nobody says how much memory {self.instance} has")
        return int(mib) << 20

    @property
    def gpu_memory(self) -> int:
        """Memory of one GPU in bytes; 0 without a GPU; Unknown where no instance was given."""
        return int(self.hardware.get("gpu", {}).get("memory_mib") or 0) << 20 if self.gpu else 0

    @property
    def name(self) -> str:
        """What messages call it: the instance type, or "a serverless endpoint"."""
        return self.instance or ("a serverless endpoint" if self.is_a("serverless") else "the endpoint")

    def evidence(self) -> Evidence:
        """Return the observation of the instance: ``target:instance`` ``ml.m5.xlarge (no GPU, 16 GiB)``."""
        if self.is_a("serverless"):
            size = f", {self._memory} MiB of memory" if self._memory else ""
            return Evidence("target:endpoint", f"serverless (no GPU{size})")
        gpu = self.hardware.get("gpu")
        unit = f"{gpu['count']} x {gpu['name']} {int(gpu['memory_mib']) / 1024:.0f} GiB" if gpu else "no GPU"
        return Evidence("target:instance", f"{self.instance} ({unit}, {self.memory / (1 << 30):.0f} GiB of memory)")

    def _timeout(self, kind: str) -> int:
        default = self.limits.get(f"{kind}_timeout_s") if not self._timeouts[kind] else 0
        if default is None:
            raise Unknown(f"no --{kind}-timeout given, and no default is known")
        return self._timeouts[kind] or int(default)

    def _refuse_what_hosting_lacks(self) -> None:
        if self.instance and self.instance not in facts.load("instances")["instances"]:
            raise BadInput(f"--instance-type {self.instance}: no such hosting instance; write it like ml.m5.xlarge")
        if self._endpoint and self._endpoint not in ENDPOINTS:
            raise BadInput(f"--endpoint {self._endpoint}: no such kind; choose from {', '.join(ENDPOINTS)}")
        if self.instance and self.is_a("serverless"):
            raise BadInput(f"--instance-type {self.instance}: a serverless endpoint has none; give --memory instead")
        self._refuse_memory()
        for kind, seconds in self._timeouts.items():
            if seconds and not 60 <= seconds <= 3600:
                raise BadInput(f"--{kind}-timeout {seconds}: the platform takes from 60 to 3600 seconds")

    def _refuse_memory(self) -> None:
        if not self._memory:
            return
        sizes = facts.load("limits")["endpoints"]["serverless"]["memory_mib"]
        if not self.is_a("serverless"):
            raise BadInput(f"--memory {self._memory}: only serverless endpoints have it; add --endpoint serverless")
        if self._memory not in sizes:
            raise BadInput(f"--memory {self._memory}: serverless endpoints have {', '.join(map(str, sizes))} MiB")


def _unknown(reason: str) -> Any:
    raise Unknown(reason)
