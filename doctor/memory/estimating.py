"""The part ``memory``: what the model needs on a GPU and on its host, by the surest of what can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from doctor.errors import BadInput
from doctor.memory import fitting, processes
from doctor.memory.gpus import Gpu, of_hardware
from doctor.memory.traced import Traced, read
from doctor.memory.values import Need, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.memory.fitting import Fit, Held
    from doctor.models import Models

_TORCH = frozenset({"torch-zip", "torchscript", "torch-legacy", "safetensors", "torch-export", "torch-model-archive"})


class Deployment(Protocol):
    """What an estimate needs of a deployment: what the user said, and its parts."""

    @property
    def plan(self) -> Any:
        """What the user said (``doctor.deployment.Plan``)."""

    def part(self, name: str) -> Any:
        """Return a part; Unknown where it was not given or can't be read."""


class Subject(NamedTuple):
    """The parts of a deployment that an estimate is made of; None, or "", for what isn't known."""

    models: Models
    handler: Handler
    stack: str
    variables: Mapping[str, str]
    serving: Environment | None
    workload: Workload


class Memory:
    """
    What one model needs.

    Args:
        subject: the model, its handler and its servers.
        traced: what the probe followed of it, None where it couldn't.
        why_not: why it couldn't, or wasn't asked to.
    """

    def __init__(self, subject: Subject, traced: Traced | None, why_not: str = "") -> None:
        self.subject = subject
        self.traced = traced
        self.why_not = why_not
        self._needs: dict[Gpu, Need] = {}

    def on(self, gpu: Gpu) -> Need:
        """Return what one process needs of a kind of GPU; Unknown where nothing tells."""
        if gpu not in self._needs:
            self._needs[gpu] = self._followed(gpu) or self._stored(gpu)
        return self._needs[gpu]

    @cached_property
    def host(self) -> Need:
        """What one process needs of its host; Unknown where nothing tells."""
        from doctor.memory import host

        return host.of_worker(self.subject)

    def fit(self, instance: str, hardware: Mapping[str, Any]) -> Fit:
        """Hold what the model needs against an instance type."""
        gpu, unknown = of_hardware(hardware), list[str]()
        subject, gpus = self.subject, int((hardware.get("gpu") or {}).get("count") or 0)
        try:
            counted = processes.counted(subject.stack, subject.variables, hardware, subject.workload.workers)
        except Unknown as reason:
            return fitting.fit(instance, gpu, gpus, [], [str(reason)])
        if gpus and gpu is None:
            unknown.append("nobody says how much memory its GPUs have")
        found = [one for held in (self._on_gpu, self._on_host) if (one := _known(held, unknown, hardware, counted))]
        made = fitting.fit(instance, gpu, gpus, found, unknown)
        return made._replace(most=self._most(gpu, counted)) if gpu is not None else made

    def _on_gpu(self, hardware: Mapping[str, Any], counted: processes.Processes) -> Held | None:
        gpu = of_hardware(hardware)
        return fitting.held(self.on(gpu), counted.on_gpu, gpu.visible) if gpu is not None else None

    def _on_host(self, hardware: Mapping[str, Any], counted: processes.Processes) -> Held | None:
        mib = hardware.get("memory_mib")
        if mib is None:
            raise Unknown("nobody says how much memory its host has")
        return fitting.held(self.host, counted.on_host, fitting.host_room(int(mib)))

    def _most(self, gpu: Gpu, counted: processes.Processes) -> Mapping[str, int]:
        if self.traced is None:
            return {}
        batch = self.traced.largest_batch(gpu, max(counted.on_gpu, 1))
        return {"batch": batch} if batch else {}

    def _followed(self, gpu: Gpu) -> Need | None:
        return self.traced.need(gpu, self.subject.workload.batch) if self.traced is not None else None

    def _stored(self, gpu: Gpu) -> Need:
        from doctor.memory import headers

        return headers.on_gpu(self.subject, gpu)

    @property
    def tier(self) -> Tier:
        """The surest way in which something is known of it."""
        return Tier.TRACE if self.traced is not None and self.traced.runs else Tier.HEADERS

    @property
    def way(self) -> str:
        """What was followed or read."""
        if self.traced is not None and self.traced.runs:
            return f"{self.traced.way}, torch {self.traced.torch}"
        return f"sizes as the files state; {self.why_not}" if self.why_not else "sizes as the files state"

    @property
    def coverage(self) -> float:
        """Share of the least known peak that exact rules account for."""
        found = [run.coverage for run in self.traced.runs] if self.traced is not None else []
        return min(found, default=0.0)


_Holding = Callable[[Mapping[str, Any], processes.Processes], "Held | None"]


def _known(
    held: _Holding, unknown: list[str], hardware: Mapping[str, Any], counted: processes.Processes
) -> Held | None:
    """Return what a need comes to, None where nothing tells; `unknown` then gets the reason."""
    try:
        return held(hardware, counted)
    except Unknown as reason:
        unknown.append(str(reason))
        return None


def estimated(deployment: Deployment) -> Memory:
    """Return the part; its trace is made where the deployment has a trial and a model that PyTorch runs."""
    plan = deployment.plan
    subject = Subject(
        deployment.part("models"),
        deployment.part("handler"),
        _maybe(deployment, "stack") or "",
        plan.variables,
        _maybe(deployment, "serving"),
        Workload(plan.batch or 1, plan.tokens, plan.new_tokens, plan.workers),
    )
    traced, why_not = _traced(deployment, subject)
    return Memory(subject, traced, why_not)


def is_torch(models: Models) -> bool:
    """Say whether PyTorch runs the model, or would: a config of transformers counts as well."""
    from doctor.formats.kinds.huggingface import Pretrained

    return any(f.format in _TORCH or isinstance(f.facts, Pretrained) for f in models.files)


def _traced(deployment: Deployment, subject: Subject) -> tuple[Traced | None, str]:
    if not is_torch(subject.models) or not deployment.plan.trial:
        return None, ""
    try:
        step = deployment.part("trial").step("memory")
    except Unknown as reason:
        return None, str(reason)
    except BadInput as problem:
        return None, str(problem)
    if not step.worked:
        said = step.failure.line if step.failure is not None else f"ended {step.ended.value}"
        return None, f"its code couldn't be followed: {said}"
    found = read(step.value)
    return (found, found.not_followed) if found.runs else (None, found.not_followed or "no call could be followed")


def _maybe(deployment: Deployment, name: str) -> Any:
    try:
        return deployment.part(name)
    except Unknown:
        return None
