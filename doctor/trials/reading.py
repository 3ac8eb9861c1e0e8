"""What a probe said, as a step: messages are checked, and nothing of them is believed beyond their form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from doctor.trials.values import Ended, Failure, Process, Step, Warned

_MOST_MESSAGES = 5000
_MOST_TEXT = 20000
_MOST_ROWS = 200


def step_of(name: str, process: Process, nonce: str, *, writable: bool = False) -> Step:
    """
    Return what a step came to.

    Args:
        name: of the step.
        process: what the sandbox saw.
        nonce: with which every message begins; any other line on the result channel is not the probe's.
        writable: how the sandbox was.
    """
    messages = tuple(_messages(process.said, nonce))
    results = _values(messages, "result")
    partial = _values(messages, "partial")  # of a step that may not survive what it does next
    failures = [_failure(m) for m in messages if m["kind"] == "failure"]
    phases = [_text(m.get("name")) for m in messages if m["kind"] == "phase"]
    tried = [*process.tried, *(_text(m.get("what")) for m in messages if m["kind"] == "tried")]
    told = len(results) + len(failures)
    if told > 1:  # the probe tells of one end only
        tried.append("wrote results of its own to the probe's channel")
    if foreign := _foreign(process.said, nonce):
        tried.append(f"wrote {foreign} bytes to the result channel that are none of the probe's")
    return Step(
        name,
        _ended(process, told),
        value=results[0] if told == 1 and results else partial[0] if len(partial) == 1 and not told else {},
        failure=failures[0] if told == 1 and failures else None,
        phase=phases[-1] if phases else "",
        warnings=tuple(_warned(m) for m in messages if m["kind"] == "warning")[:_MOST_ROWS],
        log=process.log,
        seconds=process.seconds,
        peak=max([process.peak, *(_number(m.get("peak")) for m in messages if m["kind"] == "usage")]),
        tried=tuple(dict.fromkeys(tried))[:_MOST_ROWS],
        writable=writable,
        signal=process.signal,
        status=process.status,
    )


def _values(messages: tuple[Mapping[str, Any], ...], kind: str) -> list[dict[str, Any]]:
    return [m["value"] for m in messages if m["kind"] == kind and isinstance(m.get("value"), dict)]


def _ended(process: Process, told: int) -> Ended:
    if process.ended is Ended.FINISHED and told != 1:
        return Ended.EXITED
    if process.ended in {Ended.EXITED, Ended.FINISHED} and told == 1:
        return Ended.FINISHED
    return process.ended


def _messages(said: bytes, nonce: str) -> Iterator[Mapping[str, Any]]:
    start, count = nonce.encode() + b" ", 0
    for line in said.split(b"\n"):
        if not line.startswith(start) or count >= _MOST_MESSAGES:
            continue
        count += 1
        try:
            message = json.loads(line[len(start) :])
        except (ValueError, RecursionError):
            continue
        if isinstance(message, dict) and isinstance(message.get("kind"), str):
            yield message


def _foreign(said: bytes, nonce: str) -> int:
    start = nonce.encode() + b" "
    return sum(len(line) for line in said.split(b"\n") if line.strip() and not line.startswith(start))


def _failure(message: Mapping[str, Any]) -> Failure:
    return failure_of(message)


def failure_of(value: Any) -> Failure:
    """Return an exception as `doctor/trials/probe/failures.py` describes it, whatever the value really is."""
    said = value if isinstance(value, dict) else {}
    return Failure(
        phase=_text(said.get("phase")),
        type=_text(said.get("type")),
        message=_text(said.get("message")),
        line=_text(said.get("line")),
        where=_text(said.get("where")),
        traceback=_texts(said.get("traceback")),
        causes=_texts(said.get("causes")),
    )


def _warned(message: Mapping[str, Any]) -> Warned:
    return Warned(_text(message.get("category")), _text(message.get("message")), _text(message.get("where")))


def _text(value: Any) -> str:
    return value[:_MOST_TEXT] if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(v) for v in value[:_MOST_ROWS]) if isinstance(value, list) else ()


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) and 0 <= value < 1 << 60 else 0
