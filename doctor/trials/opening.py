"""Which sandbox a trial gets: a container of the image, or the interpreter that --serving names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from doctor.errors import BadInput
from doctor.model import Unknown
from doctor.trials import asking
from doctor.trials.running import Trial
from doctor.trials.sandbox.base import Given
from doctor.trials.values import Limits

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.sandbox.base import Sandbox


class Deployment(Protocol):
    """What a trial needs of a deployment: what the user said, and its parts."""

    @property
    def plan(self) -> Any:
        """What the user said (``doctor.deployment.Plan``)."""

    def part(self, name: str) -> Any:
        """Return a part; Unknown where it was not given or can't be read."""


_SECONDS = 300
_LEFT_TO_THE_MACHINE = 1 << 30  # bytes


def opened(deployment: Deployment, *, gpu: bool = False) -> Trial:
    """
    Return the trial that was asked for, its sandbox made.

    Args:
        deployment: with the plan that asked for it.
        gpu: whether what runs there sees this machine's GPUs.

    Raises:
        Unknown: none was asked for.
        BadInput: there is no place where it could run.
    """
    plan = deployment.plan
    if not plan.trial:
        raise Unknown("not tried: no --trial given")
    target = deployment.part("target")
    _refuse_a_script_from_elsewhere(plan.variables)
    _refuse_what_start_up_would_change(deployment)
    limits = _limits(target, plan.trial_timeout or _SECONDS)
    given = Given(plan.artifact, _files(deployment, limits), _variables(deployment))
    without_gpu = _surely_without_gpu(target)
    if plan.image:
        from doctor.image.daemon import NoEngine

        try:
            return _in_a_container(deployment, given, limits, without_gpu=without_gpu, gpu=gpu)
        except NoEngine as problem:
            if not plan.serving:
                how = "or name a virtual environment with --serving, to try it there"
                raise BadInput(f"--trial {plan.trial}: {_bare(problem)}, {how}") from None
            why = _bare(problem).partition(";")[0]
            local = _local(plan.serving, given, limits, why=why, gpu=gpu)
            return Trial(local, plan.trial, limits, without_gpu=without_gpu)
    if not plan.serving:
        raise BadInput(
            f"--trial {plan.trial}: nothing to run it in; give --image, or a virtual environment as --serving"
        )
    return Trial(_local(plan.serving, given, limits, gpu=gpu), plan.trial, limits, without_gpu=without_gpu)


def _in_a_container(deployment: Deployment, given: Given, limits: Limits, *, without_gpu: bool, gpu: bool) -> Trial:
    from doctor.trials.sandbox.container import open_container
    from doctor.trials.serving import Served

    sandbox = open_container(deployment.plan.image, given, limits, gpu=gpu)
    served = Served(sandbox, deployment)
    return Trial(sandbox, deployment.plan.trial, limits, without_gpu=without_gpu, serve=served.step)


def _local(serving: str, given: Given, limits: Limits, why: str = "", *, gpu: bool = False) -> Sandbox:
    from doctor.trials.sandbox.local import open_local

    return open_local(interpreter(serving), given, limits, why=why, gpu=gpu)


def interpreter(serving: str) -> str:
    """
    Return the Python that --serving names: itself, or that of a virtual environment or conda prefix.

    Raises BadInput where it names a list of packages.
    """
    path = Path(serving)
    places = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe") if path.is_dir() else (".",)
    for place in places:
        found = path / place
        if found.is_file() and os.access(found, os.X_OK):
            return os.path.abspath(found)  # noqa: PTH100 - not resolved: a venv's python is a link
    how = "give an image in the engine, or a virtual environment's folder"
    raise BadInput(f"--serving {serving}: it can't be run, so that nothing can be tried in it; {how}")


def _refuse_a_script_from_elsewhere(variables: Mapping[str, str]) -> None:
    """The platform's containers fetch the script from there at start-up."""
    place = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if "://" in place and not place.startswith("file:///opt/ml/model"):
        raise Unknown(
            f"not tried: start-up would fetch the script from {place} (SAGEMAKER_SUBMIT_DIRECTORY), and the sandbox "
            "has no network; pack it as code/ and set the variable to /opt/ml/model/code"
        )


def _refuse_what_start_up_would_change(deployment: Deployment) -> None:
    """The sandbox has no network: what code/requirements.txt would install isn't there."""
    try:
        changes = deployment.part("serving").changes
    except Unknown:
        return
    moved = [c.requirement for c in changes if c.kind != "keeps" and not c.because]
    if moved:
        raise Unknown(
            f"not tried: start-up would install {', '.join(moved[:5])} (code/requirements.txt), and the sandbox has no "
            f"network; put it into the image or the environment, and try it there"
        )


def _files(deployment: Deployment, limits: Limits) -> Mapping[str, bytes]:
    return asking.files(
        stack=_maybe(deployment, "stack") or "",
        models=deployment.part("models").files,
        sample=_maybe(deployment, "sample"),
        content_type=_maybe(deployment, "content_type") or "",
        seconds=limits.seconds,
        endpoint=deployment.plan.endpoint,
        memory=_memory(deployment),
    )


def _memory(deployment: Deployment) -> Mapping[str, Any]:
    """What the step "memory" is asked: how many rows of what, on which GPUs."""
    from doctor.memory import asking as of_memory

    target = deployment.part("target")
    return of_memory.asked(deployment.plan, target.hardware if target.instance else None)


def _variables(deployment: Deployment) -> Mapping[str, str]:
    """What the endpoint sets, and what the SDK sets for every model that has a script."""
    given = dict(deployment.plan.variables)
    handler = _maybe(deployment, "handler")
    if handler is not None and handler.entry is not None:
        path = handler.entry.path
        given.setdefault("SAGEMAKER_PROGRAM", path.rpartition("/")[2])
        given.setdefault("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code")
    if deployment.part("target").is_a("multi-model"):
        given.setdefault("SAGEMAKER_MULTI_MODEL", "true")
    return given


def _limits(target: Target, seconds: float) -> Limits:
    """Memory and cores as the instance has them, as far as this machine does."""
    memory, cpus, capped = _machine_memory(), float(os.cpu_count() or 1), ""
    if target.instance or target.is_a("serverless"):
        wanted = _known(target)
        if wanted[0] > memory or wanted[1] > cpus:
            capped = f"this machine gives it {memory >> 20} MiB and {cpus:.0f} cores, less than {target.name} has"
        memory, cpus = min(wanted[0] or memory, memory), min(wanted[1] or cpus, cpus)
    return Limits(seconds=seconds, memory=memory, cpus=cpus, capped=capped)


def _known(target: Target) -> tuple[int, float]:
    """Memory and cores of the target, 0 where nobody says."""
    try:
        memory = target.memory
    except Unknown:
        memory = 0
    return memory, float(target.hardware.get("vcpu") or 0) if target.instance else 0.0


def _machine_memory() -> int:
    """Bytes that a trial may take of this machine: what is free, but for a little."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
        free = int(text.partition("MemAvailable:")[2].split()[0]) << 10
    except (OSError, ValueError, IndexError):
        free = 4 << 30
    return max(free - _LEFT_TO_THE_MACHINE, 1 << 29)


def _surely_without_gpu(target: Target) -> bool:
    try:
        return not target.gpu
    except Unknown:
        return False


def _bare(problem: BadInput) -> str:
    return str(problem).removeprefix("--image ").partition(": ")[2] or str(problem)


def _maybe(deployment: Deployment, name: str) -> Any:
    try:
        return deployment.part(name)
    except Unknown:
        return None
