"""A trial as its report tells it: where it ran, each step in a few lines, what was tried, what it cleared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from doctor.model import Outcome, Ran, Tried
from doctor.trials import verdict
from doctor.trials.running import Trial
from doctor.trials.values import NOT_TRIED, Ended, Step

_WORDS = {Ended.SIGNALLED: "crashed", Ended.EXITED: "ended without a result", Ended.FLOODED: "stopped"}
_MOST_ATTEMPTS = 20


def judged_and_told(outcomes: tuple[Outcome, ...], trial: Trial) -> tuple[tuple[Outcome, ...], Tried]:
    """Return the outcomes in the light of a trial, and the trial as its report tells it."""
    found = verdict.judged(outcomes, trial.steps)
    place = trial.sandbox.place
    exposed = (*place.exposed, *((trial.limits.capped,) if trial.limits.capped else ()))
    attempts = dict.fromkeys(a for step in trial.steps.values() for a in step.tried)
    told = Tried(
        place.name,
        place.isolated,
        exposed,
        tuple(ran for s in trial.steps.values() if not _is_no_news(ran := _ran(s))),
        tuple(attempts)[:_MOST_ATTEMPTS],
        found.cleared,
    )
    return found.outcomes, told


def _is_no_news(ran: Ran) -> bool:
    """Whether a step is one that few artifacts have anything for, and this one hasn't."""
    return ran.name == "golden" and ran.result == "not tried"


def _ran(step: Step) -> Ran:
    return Ran(step.name, _result(step), tuple(_lines(step)), round(step.seconds, 3), step.peak, step.value)


def _result(step: Step) -> str:
    if step.failure is not None and step.failure.type.rpartition(".")[2] == NOT_TRIED:
        return "not tried"
    if step.ended is Ended.FINISHED:
        return "failed" if step.failure is not None else "worked"
    return _WORDS.get(step.ended) or str(step.ended.value)


def _lines(step: Step) -> Iterator[str]:
    if step.failure is not None:
        yield step.failure.message if _result(step) == "not tried" else step.failure.line
        return
    if step.ended is not Ended.FINISHED:
        doing = f" while it was at: {step.phase}" if step.phase else ""
        how = f"signal {step.signal}" if step.signal else f"status {step.status}"
        yield f"{step.ended.value}{doing} ({how})"
        return
    if step.writable:
        yield "with a root that can be written to, as the platform's"
    yield from _LINES.get(step.name, _nothing)(step.value)


def _nothing(_value: Mapping[str, Any]) -> Iterator[str]:
    yield from ()


def _loaded(value: Mapping[str, Any]) -> Iterator[str]:
    kind, how = value.get("type"), value.get("how")
    if kind:
        yield f"{kind}, by {how}" if how else str(kind)


def _saved_again(value: Mapping[str, Any]) -> Iterator[str]:
    failure = value.get("failure")
    if isinstance(failure, dict):
        yield f"{value.get('way') or 'saving again'}: {failure.get('line')}"
    elif value.get("way"):
        differ = value.get("differ") or ()
        same = "no parameter differs" if not differ else f"{len(differ)} parameters differ"
        yield f"{value['way']}: {same}"


def _shaped(value: Mapping[str, Any]) -> Iterator[str]:
    from doctor.trials.shapes import rows

    for name, dtype, shape, remark in rows(value):
        yield f"{name}  {dtype}  {shape}{'  ' + remark if remark else ''}"


def _invoked(value: Mapping[str, Any]) -> Iterator[str]:
    request = value.get("request")
    source = request.get("source") if isinstance(request, dict) else ""
    for case in value.get("cases") or ():
        if isinstance(case, dict):
            types = " -> ".join(str(t) for t in (case.get("content_type"), case.get("accept")) if t)
            yield f"{case.get('name')}: {case.get('outcome')} ({types})"
    if source == "made":
        yield "the request was made up: --sample FILE gives a real one"


def _served(value: Mapping[str, Any]) -> Iterator[str]:
    if value.get("ping_seconds") is not None:
        yield f"/ping answered after {value['ping_seconds']:.1f} s"
    for answer in value.get("answers") or ():
        if isinstance(answer, dict):
            yield f"/invocations: {answer.get('status')} in {answer.get('seconds', 0):.3f} s"


_LINES = {
    "load": _loaded,
    "round-trip": _saved_again,
    "shapes": _shaped,
    "invoke": _invoked,
    "serve": _served,
}
