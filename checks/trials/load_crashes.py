"""Check: the process that loaded the model ended without an exception: a signal, a kill for memory, a hang, an exit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Step

_START_UP = 480  # seconds that the platform waits for a first good ping where nothing else is set
_CRASHES = {6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV"}


@check(
    title="The process that loads the model dies or hangs",
    fault="load-failure",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"Fatal Python error: (Segmentation fault|Aborted|Floating point exception)",),
)
def load_crashes(load: Step, target: Target) -> Iterator[Finding | Unknown]:
    """
    While the model was loaded, its process ended by a signal, for want of memory, by exiting, or not at all.

    A worker of the endpoint ends in the same way; the server starts another, again and again, or waits for ever.
    Crashes come from compiled code: a library built for another version of its neighbours, byte code of another Python.
    What the sandbox's own limits may have done is told and not found: give --instance-type, so that they are the
    endpoint's.
    """
    from doctor.trials import proof

    if not proof.crashed(load):
        return
    if doubt := proof.doubt(load, target):
        yield Unknown(f"loading ended ({load.ended.value}), which proves nothing: {doubt}")
        return
    yield _JUDGED.get(load.ended.value, _unknown)(load, target)


def _signalled(load: Step, _target: Target) -> Finding | Unknown:
    name = _CRASHES.get(load.signal)
    if name is None:
        return _unknown(load, _target)
    return _found(
        load,
        f"the process is killed by signal {load.signal} ({name}) {_doing(load)}",
        "mend what {where} calls: a compiled package that doesn't go with the file, or recursion without an end",
    )


def _exited(load: Step, _target: Target) -> Finding:
    return _found(
        load,
        f"the process exits with status {load.status} {_doing(load)}",
        "take out of the handler what ends the process (sys.exit, os._exit), or mend why it is called",
    )


def _out_of_memory(load: Step, target: Target) -> Finding | Unknown:
    try:
        has = target.memory
    except Unknown as reason:
        return Unknown(
            f"it was killed for memory at {_mib(load.peak)}: whether the endpoint has more isn't known: {reason}"
        )
    if load.peak < 0.9 * has:
        return Unknown(f"it was killed for memory at {_mib(load.peak)} here; {target.name} has {_mib(has)}")
    found = _found(
        load,
        f"it is killed for memory {_doing(load)}, at {_mib(load.peak)}; {target.name} has {_mib(has)}",
        "take an instance with more memory, or load the weights once, memory-mapped and in their own dtype",
        Likelihood.LIKELY,
    )
    return found._replace(evidence=(*found.evidence, target.evidence()))


def _out_of_time(load: Step, target: Target) -> Finding | Unknown:
    try:
        waits = target.startup_timeout
    except Unknown:
        waits = _START_UP
    if load.seconds < waits:
        return Unknown(
            f"it was stopped after {load.seconds:.0f} s {_doing(load)}; the endpoint waits for {waits} s: "
            f"give --trial-timeout {waits}"
        )
    return _found(
        load,
        f"it isn't ready after {load.seconds:.0f} s {_doing(load)}, and the endpoint waits for {waits} s",
        "take out what waits or goes on for ever, or set ContainerStartupHealthCheckTimeoutInSeconds",
        Likelihood.LIKELY,
    )


def _unknown(load: Step, _target: Target) -> Unknown:
    how = f"signal {load.signal}" if load.signal else load.ended.value
    return Unknown(f"loading ended by {how} {_doing(load)}, which may be the sandbox's own doing")


def _found(load: Step, message: str, fix: str, likelihood: Likelihood = Likelihood.CERTAIN) -> Finding:
    from doctor.trials.serverlog import place

    lines = [line for line in load.log.splitlines() if line.strip()]
    fatal = next((line for line in lines if line.startswith("Fatal Python error")), lines[-1] if lines else "")
    where = place(load.log)
    at = f" at {where}" if where else ""
    return Finding(
        message=message + at,
        evidence=(Evidence("trial:load", (fatal.strip() or load.ended.value) + at),),
        fix=fix.replace("{where}", where or "the last place in the log"),
        likelihood=likelihood,
        log=fatal.strip()[:500],
        cause="trial:load",
    )


def _doing(load: Step) -> str:
    return {"import": "while the handler is imported", "describe": "after the model was loaded"}.get(
        load.phase, "while the model is loaded"
    )


def _mib(size: int) -> str:
    return f"{size >> 20} MiB"


_JUDGED = {
    "signalled": _signalled,
    "exited": _exited,
    "out of memory": _out_of_memory,
    "out of time": _out_of_time,
}
