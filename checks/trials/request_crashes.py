"""Check: the process that answers the sample ended without an exception: a signal, a kill for memory, a hang."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.trials.values import Ended

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Step

_RESPONSE_TIMEOUT = 60  # seconds that a real-time endpoint waits for an answer
_CRASHES = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV"}
_ASKED = {"input", "predict", "output"}


@check(
    title="The process that answers the sample dies or hangs",
    fault="request-failure",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
    symptoms=(r"Fatal Python error: (Segmentation fault|Aborted|Floating point exception)",),
)
def request_crashes(invoke: Step, target: Target) -> Iterator[Finding | Unknown]:
    """
    While the sample was answered, the process ended by a signal, for want of memory, by exiting, or not at all.

    The worker of the endpoint ends in the same way with such a request: the client gets an error, the server starts
    another worker, and loads the model again. What the sandbox's own limits may have done is told and not found.
    """
    from doctor.trials import proof

    if not proof.crashed(invoke):
        return
    if invoke.phase not in _ASKED:
        if invoke.phase.startswith("made: "):
            yield Unknown(f"a made-up request ended the process ({_how(invoke)}); give a real one with --sample")
        return
    if invoke.ended is Ended.OUT_OF_MEMORY:
        yield from _out_of_memory(invoke, target)
    elif invoke.ended is Ended.OUT_OF_TIME:
        yield from _out_of_time(invoke, target)
    elif invoke.ended is Ended.EXITED or invoke.signal in _CRASHES:
        yield _found(invoke, f"the sample ends the worker in {invoke.phase}_fn: {_how(invoke)}", _FIX)
    else:
        yield Unknown(f"answering the sample ended by {_how(invoke)}, which may be the sandbox's own doing")


_FIX = "run the handler with this sample under python -X faulthandler: the last line of its own is the one to mend"


def _how(invoke: Step) -> str:
    if invoke.signal:
        return _CRASHES.get(invoke.signal, f"signal {invoke.signal}")
    return f"exit status {invoke.status}" if invoke.ended is Ended.EXITED else invoke.ended.value


def _out_of_memory(invoke: Step, target: Target) -> Iterator[Finding | Unknown]:
    try:
        has = target.memory
    except Unknown as reason:
        yield Unknown(f"it was killed for memory; whether the endpoint has more isn't known: {reason}")
        return
    if invoke.peak < 0.9 * has:
        yield Unknown(f"it was killed for memory at {invoke.peak >> 20} MiB here; the endpoint has {has >> 20} MiB")
        return
    message = f"the sample takes {invoke.peak >> 20} MiB to answer, and the endpoint has {has >> 20}: it is killed"
    yield _found(invoke, message, "answer in smaller batches, or take an instance with more memory")


def _out_of_time(invoke: Step, target: Target) -> Iterator[Finding | Unknown]:
    try:
        waits = float(target.limits.get("response_timeout_s", _RESPONSE_TIMEOUT))
    except Unknown:
        waits = _RESPONSE_TIMEOUT
    if invoke.seconds < 2 * waits:
        yield Unknown(
            f"no answer after {invoke.seconds:.0f} s, of which loading took a part; the endpoint waits {waits:.0f}"
        )
        return
    message = f"the sample isn't answered after {invoke.seconds:.0f} s; the endpoint waits {waits:.0f}"
    yield _found(invoke, message, "take out what waits or goes on for ever, or deploy with --endpoint async")


def _found(invoke: Step, message: str, fix: str) -> Finding:
    from doctor.trials.serverlog import place

    lines = [line for line in invoke.log.splitlines() if line.strip()]
    fatal = next((line.strip() for line in lines if line.startswith("Fatal Python error")), "")
    where = place(invoke.log)
    at = f" at {where}" if where else ""
    return Finding(
        message=message + at,
        evidence=(Evidence("trial:invoke", (fatal or _how(invoke)) + at),),
        fix=fix,
        likelihood=Likelihood.CERTAIN if invoke.signal else Likelihood.LIKELY,
        log=fatal[:500],
        cause="trial:invoke",
    )
