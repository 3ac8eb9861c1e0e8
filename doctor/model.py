"""The words of a report: severity, evidence, finding, check, outcome. Depends on nothing else of doctor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple


class Severity(IntEnum):
    """The consequence once the fault is there."""

    NOTE = 1  # it works
    WARNING = 2  # it fails under a condition that the finding names, or silently gives other numbers
    ERROR = 3  # it does not serve


class Likelihood(IntEnum):
    """How surely the fault is there."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3  # the evidence shown proves it


class Stage(IntEnum):
    """When the fault bites, in the order of a deployment's life."""

    CREATE = 1
    START = 2
    LOAD = 3
    FIRST_REQUEST = 4
    TRAFFIC = 5
    SILENT = 6


class Status(IntEnum):
    """What became of one check, the better status lower."""

    CLEAR = 1
    UNKNOWN = 2
    FOUND = 3
    CRASHED = 4


def label(value: IntEnum) -> str:
    """Return the word for a severity, likelihood, stage or status as reports write it: 'first-request'."""
    return value.name.lower().replace("_", "-")


class Evidence(NamedTuple):
    """
    One observation of a reader.

    Args:
        where: a place with a scheme: ``artifact:code/inference.py:12``, ``image:env/PATH``, ``serving:pkg/numpy``.
        saw: what is there, in the user's own values.
    """

    where: str
    saw: str


class Unknown(Exception):
    """
    The question can't be answered with what was given or read; the text is the reason.

    Raised by a part that was not given, or by a check; a check may also yield one and go on.
    """


class _Finding(NamedTuple):
    message: str
    evidence: tuple[Evidence, ...]
    fix: str
    likelihood: Likelihood
    log: str
    cause: str


class Finding(_Finding):
    """
    One serving error to expect.

    Args:
        message: what is wrong and its consequence; starts lower-case, quotes the user's values, one sentence.
        evidence: at least one observation; ValueError without.
        fix: a command or a diff (or the one sentence that says what to change).
        likelihood: how sure the evidence makes it.
        log: the line that the log would show, as the library words it; "" where it would show nothing.
        cause: a key that findings with one cause share (``serving:pkg/numpy``): all but the first are folded under it.
    """

    __slots__ = ()

    def __new__(
        cls,
        message: str,
        evidence: tuple[Evidence, ...],
        fix: str,
        likelihood: Likelihood = Likelihood.CERTAIN,
        log: str = "",
        cause: str = "",
    ) -> Finding:
        """Refuse a finding without evidence."""
        if not evidence:
            raise ValueError(f"a finding needs evidence: {message}")
        return super().__new__(cls, message, evidence, fix, likelihood, log, cause)


CheckFunction = Callable[..., Iterator["Finding | Unknown"]]


class Check(NamedTuple):
    """One question about a deployment; made by the decorator ``check``."""

    id: str
    title: str
    fault: str
    severity: Severity
    stage: Stage
    basis: str
    symptoms: tuple[str, ...]
    explains: tuple[str, ...]
    inputs: tuple[str, ...]
    explanation: str
    area: str
    ask: CheckFunction


def check(
    *,
    title: str,
    fault: str,
    severity: Severity,
    stage: Stage,
    basis: str,
    symptoms: tuple[str, ...] = (),
    explains: tuple[str, ...] = (),
) -> Callable[[CheckFunction], Check]:
    """
    Make a Check of a generator function whose parameters name the parts of the deployment that it needs.

    Args:
        title: the fault in one line.
        fault: its class, one of ``doctor/facts/faults.json``.
        severity: the consequence once it is there.
        stage: when it bites.
        basis: address of the document, thread or source line that the check rests on.
        symptoms: regular expressions of the log lines that this fault produces.
        explains: ids of checks whose findings are consequences of this one's, and are folded under it.
    """

    def made(ask: CheckFunction) -> Check:
        code = ask.__code__
        return Check(
            id=ask.__name__.replace("_", "-"),
            title=title,
            fault=fault,
            severity=severity,
            stage=stage,
            basis=basis,
            symptoms=symptoms,
            explains=explains,
            inputs=code.co_varnames[: code.co_argcount],
            explanation=ask.__doc__ or "",
            area=ask.__module__.rsplit(".", 2)[-2],
            ask=ask,
        )

    return made


class Outcome(NamedTuple):
    """What one check came to. Findings made before it stopped stay."""

    check: Check
    status: Status
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()  # why unknown, or how it crashed


class Ranked(NamedTuple):
    """A finding in its place; ``because_of`` is the id of the check whose finding explains it, or ""."""

    check: Check
    finding: Finding
    because_of: str = ""


class Ran(NamedTuple):
    """
    One step of a trial.

    Args:
        name: "load", "invoke" ...
        result: "worked", "failed", "crashed", "out of memory", "out of time" ...
        told: what came of it, a line each.
        seconds: wall time.
        peak: bytes of memory at most, 0 unknown.
        value: its result as plain data.
    """

    name: str
    result: str
    told: tuple[str, ...]
    seconds: float
    peak: int
    value: Mapping[str, Any]


class Tried(NamedTuple):
    """
    What a trial ran, and where.

    Args:
        place: the container or interpreter.
        isolated: what was kept from the model's code.
        exposed: what could not be.
        steps: in the order in which they ran.
        attempts: what the model's code tried and couldn't, or shouldn't.
        cleared: findings that the trial contradicts.
    """

    place: str
    isolated: tuple[str, ...]
    exposed: tuple[str, ...]
    steps: tuple[Ran, ...]
    attempts: tuple[str, ...]
    cleared: tuple[Ranked, ...]


class Report(NamedTuple):
    """All that was found, ranked, and all that could not be examined."""

    subject: dict[str, Any]  # what was examined: artifact, image, serving, training, as the user named them
    findings: tuple[Ranked, ...]
    outcomes: tuple[Outcome, ...]
    unexamined: tuple[Evidence, ...] = ()  # files and parts that no reader understood
    tried: Tried | None = None
