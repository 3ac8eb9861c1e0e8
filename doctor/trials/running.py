"""The steps of a trial, each run once, when first asked for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from doctor.model import Unknown
from doctor.trials.packing import NAME
from doctor.trials.reading import step_of
from doctor.trials.values import NOT_TRIED, Ended, Failure, Limits, Step

if TYPE_CHECKING:
    from doctor.trials.sandbox.base import Sandbox

LEVELS = ("load", "invoke", "serve")
# The level at which a step is run.
_LEVEL_OF = {
    **dict.fromkeys(("load", "round-trip", "shapes", "memory", "measure"), "load"),
    **dict.fromkeys(("invoke", "golden"), "invoke"),
}
_READ_ONLY = "Read-only file system"
_NO_GPU = (
    "Found no NVIDIA driver",
    "Torch not compiled with CUDA enabled",
    "Attempting to deserialize object on a CUDA device",
    "CUDA driver version is insufficient",
    "No CUDA GPUs are available",
)


class Trial:
    """
    The steps of a trial in one sandbox.

    Args:
        sandbox: where they run.
        level: "load", "invoke" or "serve": what was asked for.
        limits: of one step.
        without_gpu: whether the endpoint surely has no GPU, so that what needs one fails there too.
        serve: runs the image's own server and returns the steps "serve" and "invoke" of it; None where there is none.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        level: str,
        limits: Limits,
        *,
        without_gpu: bool = False,
        serve: Callable[[str], Step] | None = None,
    ) -> None:
        self.sandbox = sandbox
        self.level = level
        self.limits = limits
        self.steps: dict[str, Step] = {}
        self._without_gpu = without_gpu
        self._serve = serve
        self._in_place = False

    def step(self, name: str) -> Step:
        """
        Return what a step came to.

        Raises Unknown where it wasn't asked for, where it can't be had here, or where the model doesn't load at all.
        """
        if LEVELS.index(_LEVEL_OF.get(name, "serve")) > LEVELS.index(self.level) and not self._is_in_place(name):
            raise Unknown(f"not tried: --trial {self.level} stops before it")
        if name not in {"load", "serve", "memory", "measure"} and not self._loads():
            raise Unknown("not tried: the model doesn't load")
        if name not in self.steps:
            self.steps[name] = self._served(name) if name == "serve" else self._believed(name)
        step = self.steps[name]
        self._refuse_what_proves_nothing(step)
        return step

    def close(self) -> None:
        """Remove all that was made for it."""
        self.sandbox.close()

    def _is_in_place(self, name: str) -> bool:
        """Whether the server was started in place of the step "invoke": then what is seen of it is told as well."""
        if name != "serve" or self.level != "invoke" or self._serve is None:
            return False
        with suppress(Unknown):
            self.step("invoke")
        return self._in_place

    def _loads(self) -> bool:
        try:
            return self.step("load").worked
        except Unknown:
            # Where the probe can't play the stack, the image's own server still can be asked.
            return _is_not_tried(self.steps["load"])

    def _believed(self, name: str) -> Step:
        """Run a step; one that failed is run again with a root that can be written to, as the platform's can."""
        if name == "invoke" and _is_not_tried(self.steps["load"]):
            return self._served(name)
        step = self._once(name, writable=False)
        if name == "invoke" and _is_not_tried(step) and self._serve is not None:
            return self._served(name)
        if self.sandbox.can_be_writable and _may_be_the_sandbox(step):
            step = self._once(name, writable=True)
        return self._confirmed(step) if name == "invoke" else step

    def _confirmed(self, step: Step) -> Step:
        """Give the image's own server the last word where a real request fails in code that isn't the artifact's."""
        if self._serve is None or not any(map(_fails_elsewhere, step.value.get("cases") or ())):
            return step
        try:
            served = self._serve("invoke")
        except Unknown:
            return step
        if not any(isinstance(c, dict) and c.get("outcome") == "answered" for c in served.value.get("cases") or ()):
            return step
        self._in_place = True
        return served

    def _once(self, name: str, *, writable: bool) -> Step:
        nonce = secrets.token_hex(16)
        home = self.sandbox.probe_dir
        arguments = ["-B", f"{home}/{NAME}", name, f"{home}/request.json", nonce, self.sandbox.model_dir]
        return step_of(name, self.sandbox.run(arguments, writable=writable), nonce, writable=writable)

    def _served(self, name: str) -> Step:
        if self._serve is None:
            raise Unknown("not tried: a server is started of an image only, in a container engine")
        step = self._serve(name)
        self._in_place = self._in_place or name == "invoke"
        return step

    def _refuse_what_proves_nothing(self, step: Step) -> None:
        if step.ended is Ended.REFUSED:
            raise Unknown(f"the sandbox can't run it: {' '.join(step.log.split())[-300:]}")
        failure = step.failure
        if failure is None:
            return
        if _is_not_tried(step):
            raise Unknown(f"not tried: {failure.message}")
        if not self._without_gpu and needs_gpu(failure):
            raise Unknown(f"not tried: it needs a GPU, and the sandbox has none ({failure.line[:200]})")


def _fails_elsewhere(case: Any) -> bool:
    failure = case.get("failure") if isinstance(case, dict) and case.get("proof") else None
    return isinstance(failure, dict) and not failure.get("where")


def _is_not_tried(step: Step) -> bool:
    return step.failure is not None and step.failure.type.rpartition(".")[2] == NOT_TRIED


def needs_gpu(failure: Failure) -> bool:
    """Say whether a failure is that of a machine without a GPU."""
    return any(words in text for text in (failure.line, *failure.causes) for words in _NO_GPU)


def _may_be_the_sandbox(step: Step) -> bool:
    """Whether the read-only root may be why it failed. Limits are the same with any root."""
    if step.ended in {Ended.OUT_OF_MEMORY, Ended.OUT_OF_TIME, Ended.FLOODED, Ended.REFUSED}:
        return False
    failed = any(map(_fails_for_it, step.value.get("cases") or ()))
    return not _is_not_tried(step) and (not step.worked or failed or bool(step.value.get("failure")))


def _fails_for_it(case: Any) -> bool:
    if not isinstance(case, dict) or not case.get("failure"):
        return False
    return bool(case.get("proof")) or _READ_ONLY in str(case["failure"])
