"""Check: a broken request ends the worker, or leaves it unable to answer good ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.trials.values import Ended

if TYPE_CHECKING:
    from doctor.trials.values import Step

_ENDS = {"SystemExit", "KeyboardInterrupt"}
_BASIS = "https://github.com/pytorch/serve/blob/master/ts/service.py"


@check(
    title="A broken request ends the worker",
    fault="bad-requests",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis=_BASIS,
    explains=("exit-at-import",),
)
def worker_dies_on_bad_request(invoke: Step) -> Iterator[Finding | Unknown]:
    """
    Requests that are cut off, empty or of another kind come to every endpoint; an error is the right answer to them.

    Here one of them ended the process (a crash in compiled code, sys.exit in the handler), or good requests failed
    after it. The server starts the worker anew and loads the model again; all requests that wait for it fail or wait.
    """
    from doctor.trials import answers, proof

    if proof.crashed(invoke) and invoke.phase.startswith(answers.BROKEN):
        asked, _, phase = invoke.phase[len(answers.BROKEN) :].rpartition(": ")
        if invoke.ended is Ended.SIGNALLED or invoke.ended is Ended.EXITED:
            how = f"signal {invoke.signal}" if invoke.signal else f"exit status {invoke.status}"
            yield _found(f"a request with {_article(asked)} ends the worker in {phase}_fn: {how}", how)
        else:
            yield Unknown(f"{asked}: {invoke.ended.value}, which may be the sandbox's own doing")
        return
    for case in answers.cases(invoke, "malformed"):
        failure = answers.failure_in(case)
        if failure.type in _ENDS:
            at = f" at {failure.where}" if failure.where else ""
            yield _found(
                f"a request with {_article(answers.named(case))} ends the worker{at}: {failure.line}", failure.line
            )
            return
    if invoke.value.get("worker_lives") is False:
        yield _found(
            "after broken requests the worker doesn't answer the good one any more", "the good request, again: failed"
        )


def _article(asked: str) -> str:
    return (
        asked
        if asked.startswith(("a ", "an ", "binary", "words"))
        else f"{'an' if asked[:1] in 'aeu' else 'a'} {asked}"
    )


def _found(message: str, saw: str) -> Finding:
    return Finding(
        message=message,
        evidence=(Evidence("trial:invoke", saw),),
        fix="check the request in input_fn and raise ValueError; take sys.exit and os._exit out of the handler",
        log=saw if saw.startswith("System") else "",
        cause="trial:invoke/broken",
    )
