"""The part ``memory``: what the model needs on a GPU and on its host, by the surest of what can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from doctor.errors import BadInput
from doctor.llmserving import server
from doctor.memory import fitting, headers, processes
from doctor.memory.gpus import Gpu, of_hardware
from doctor.memory.traced import Traced, read
from doctor.memory.values import Need, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.llmserving import Server
    from doctor.memory.fitting import Fit, Held
    from doctor.models import Models


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
    server: Server | None = None


class Memory:
    """
    What one model needs.

    Args:
        subject: the model, its handler and its servers.
        follow: has the probe follow its code, when it is first asked for; returns what it told, or None and why not.
    """

    def __init__(self, subject: Subject, follow: Callable[[], tuple[Traced | None, str]]) -> None:
        self.subject = subject
        self._follow = follow
        self._needs: dict[tuple[Gpu, int], Need | None] = {}

    @cached_property
    def _followed(self) -> tuple[Traced | None, str]:
        return self._follow()

    @property
    def traced(self) -> Traced | None:
        """What the probe followed of it, None where it couldn't or wasn't asked to."""
        return self._followed[0]

    @property
    def why_not(self) -> str:
        """Why nothing was followed."""
        return self._followed[1]

    def on(self, gpu: Gpu, gpus: int = 1) -> Need | None:
        """
        Return what one process needs of a GPU.

        Args:
            gpu: the kind of GPU.
            gpus: how many of them there are; some servers divide a model over them.

        None where the model's library uses none; Unknown where nothing tells.
        """
        if (gpu, gpus) not in self._needs:
            self._needs[gpu, gpus] = self._traced_on(gpu) or headers.on_gpu(self.subject, gpu, gpus)
        return self._needs[gpu, gpus]

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
        return made._replace(most=self._most(gpu, gpus, counted)) if gpu is not None else made

    def _on_gpu(self, hardware: Mapping[str, Any], counted: processes.Processes) -> Held | None:
        gpu = of_hardware(hardware)
        need = self.on(gpu, int(hardware["gpu"]["count"])) if gpu is not None else None
        return fitting.held(need, counted.on_gpu, gpu.visible) if gpu is not None and need is not None else None

    def _on_host(self, hardware: Mapping[str, Any], counted: processes.Processes) -> Held | None:
        mib = hardware.get("memory_mib")
        if mib is None:
            raise Unknown("nobody says how much memory its host has")
        from doctor.memory.host import server_terms

        once = server_terms(self.subject.stack)
        return fitting.held(self.host, counted.on_host, fitting.host_room(int(mib)), once)

    def _most(self, gpu: Gpu, gpus: int, counted: processes.Processes) -> Mapping[str, int]:
        """The largest batch, or context, that fits."""
        count = max(counted.on_gpu, 1)
        if self.traced is not None and self.traced.of(gpu):
            batch = self.traced.largest_batch(gpu, count)
            return {"batch": batch} if batch else {}
        with suppress(Unknown):
            if self.subject.server is not None and self.subject.server.stack in headers.ENGINES:
                plan = headers.engine_plan(self.subject, gpu, gpus)
                return {"tokens": plan.longest.expected, "requests": plan.requests.expected}
            need = self.on(gpu, gpus)
            tokens = headers.longest(self.subject, need, gpu.visible.low // count) if need is not None else 0
            return {"tokens": tokens} if tokens else {}
        return {}

    def _traced_on(self, gpu: Gpu) -> Need | None:
        return self.traced.need(gpu, self.subject.workload.batch) if self.traced is not None else None

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
    """Return the part; with a trial, a model that PyTorch runs is followed when that is first asked for."""
    plan = deployment.plan
    subject = Subject(
        deployment.part("models"),
        deployment.part("handler"),
        _maybe(deployment, "stack") or "",
        plan.variables,
        _maybe(deployment, "serving"),
        Workload(plan.batch or 1, plan.tokens, plan.new_tokens, plan.workers),
    )
    with suppress(Unknown):
        found = server(subject.models, subject.handler, subject.stack, deployment.part("target"))
        subject = subject._replace(server=found)
    return Memory(subject, lambda: _traced(deployment, subject))


def _traced(deployment: Deployment, subject: Subject) -> tuple[Traced | None, str]:
    if headers.runtime(subject.models) != "torch" or not deployment.plan.trial:
        return None, ""
    try:
        step = deployment.part("trial").step("memory")
    except Unknown as reason:
        return None, str(reason).partition("\n")[0]
    except BadInput as problem:
        return None, str(problem)
    if not step.worked:
        said = step.failure.line if step.failure is not None else f"it ended: {step.ended.value}"
        return None, f"its code couldn't be followed: {said.splitlines()[0][:160]}"
    found = read(step.value)
    return (found, found.not_followed) if found.runs else (None, found.not_followed or "no call could be followed")


def _maybe(deployment: Deployment, name: str) -> Any:
    try:
        return deployment.part(name)
    except Unknown:
        return None
