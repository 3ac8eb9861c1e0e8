"""
What was expected, held against what a trial saw: one report.

A failure that was seen makes the finding that foretold it certain, with the real log line. What was seen to work clears
what was only expected. What a trial in a sandbox can't show (a GPU, the platform, memory) it neither proves nor clears.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from doctor.model import Check, Evidence, Finding, Likelihood, Outcome, Ranked, Severity, Stage, Status
from doctor.trials.reading import failure_of
from doctor.trials.values import NOT_TRIED, Ended, Failure, Step

BROKEN = "malformed: "  # what phases begin with while a request is answered that is meant to fail
AREA = "trials"
_AREAS = {"layout", "serialization", "versions", "imports", "handler", "interface"}
# A sandbox has no GPU, no platform around it, and no attacker's target in it.
_BEYOND = {
    "hostile-pickle", "unsafe-archive", "device-mismatch", "checkpoint-device", "compiled-for-another-target",
    "torchscript-device-or-op", "gpu-capability", "gpu-memory", "cuda-driver", "onnx-gpu-provider", "cpu-architecture",
    "network-or-iam", "host-memory-or-disk", "payload-limit", "startup-timeout", "concurrency", "multi-model",
    "endpoint-config", "permissions",
}  # fmt: skip
_STEP_OF = {Stage.START: "serve", Stage.LOAD: "load", Stage.FIRST_REQUEST: "invoke"}
_STAGES = {"load": (Stage.START, Stage.LOAD), "invoke": (Stage.LOAD, Stage.FIRST_REQUEST), "serve": tuple(_STEP_OF)}
_SHORTEST = 12  # characters of a log line that tell one failure from another


class Judged(NamedTuple):
    """
    Outcomes after a trial.

    Args:
        outcomes: with what was seen.
        cleared: findings that the trial contradicts, no longer among the outcomes.
    """

    outcomes: tuple[Outcome, ...]
    cleared: tuple[Ranked, ...]


class _Seen(NamedTuple):
    step: str
    line: str
    where: str
    text: str


def judged(outcomes: Iterable[Outcome], steps: Mapping[str, Step]) -> Judged:
    """
    Return the outcomes of the checks in the light of a trial.

    Args:
        outcomes: of all checks, those of trials among them.
        steps: that were run, by name.
    """
    seen = [s for step in steps.values() for s in _failures(step)]
    causes: dict[str, str] = {}  # by step, the cause of the finding that foretold its failure
    cleared: list[Ranked] = []
    kept = [_judged(o, steps, seen, causes, cleared) for o in outcomes]
    return Judged(tuple(_folded(o, causes) for o in kept), tuple(cleared))


def _judged(
    outcome: Outcome, steps: Mapping[str, Step], seen: list[_Seen], causes: dict[str, str], cleared: list[Ranked]
) -> Outcome:
    check = outcome.check
    if check.area == AREA or not outcome.findings:
        return outcome
    findings: list[Finding] = []
    reasons = list(outcome.reasons)
    for finding in outcome.findings:
        shown = [s for s in seen if _foretold(check, finding, s)]
        if shown:
            findings.append(_shown(finding, shown, causes))
        elif worked := _contradicted(check, steps):
            cleared.append(Ranked(check, finding._replace(evidence=(*finding.evidence, worked))))
        else:
            findings.append(finding)
    if findings or reasons:
        status = outcome.status if findings or outcome.status is Status.CRASHED else Status.UNKNOWN
        return outcome._replace(findings=tuple(findings), status=status)
    return outcome._replace(findings=(), status=Status.CLEAR)


def _shown(finding: Finding, seen: list[_Seen], causes: dict[str, str]) -> Finding:
    cause = finding.cause or f"trial:{seen[0].step}"
    for one in seen:
        causes.setdefault(one.step, cause)
    line, where = seen[0].line, seen[0].where
    observed = Evidence(f"trial:{seen[0].step}", line + (f" ({where})" if where else ""))
    return finding._replace(
        likelihood=Likelihood.CERTAIN, log=line, evidence=(*finding.evidence, observed), cause=cause
    )


def _folded(outcome: Outcome, causes: Mapping[str, str]) -> Outcome:
    """Let what a trial saw follow the finding that foretold it."""
    if outcome.check.area != AREA:
        return outcome
    return outcome._replace(
        findings=tuple(f._replace(cause=causes.get(_step_in(f), f.cause)) for f in outcome.findings)
    )


def _step_in(finding: Finding) -> str:
    return next((e.where.partition(":")[2] for e in finding.evidence if e.where.startswith("trial:")), "")


def _foretold(check: Check, finding: Finding, seen: _Seen) -> bool:
    """Whether a failure is the one that a finding expects: by its log line, or by the check's symptoms."""
    if check.severity < Severity.WARNING or check.stage > Stage.TRAFFIC:
        return False
    expected = _plain(finding.log)
    line = _plain(seen.line)
    if len(expected) >= _SHORTEST and (expected in _plain(seen.text) or (len(line) >= _SHORTEST and line in expected)):
        return True
    return any(re.search(symptom, seen.text) for symptom in check.symptoms)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _contradicted(check: Check, steps: Mapping[str, Step]) -> Evidence | None:
    """Return what a trial saw work that a finding of a check says doesn't; None where it saw nothing of the kind."""
    if check.severity < Severity.ERROR or check.area not in _AREAS or check.fault in _BEYOND:
        return None
    for name, step in steps.items():
        if check.stage in _STAGES.get(name, ()) and _covers(check.stage, step):
            return Evidence(f"trial:{name}", f"it worked in {step.seconds:.1f} s: {_what(step)}")
    return None


def _covers(stage: Stage, step: Step) -> bool:
    if not step.worked:
        return False
    if step.name == "load":
        return stage is Stage.LOAD
    request = step.value.get("request")
    real = isinstance(request, dict) and request.get("source") in {"sample", "artifact"}
    return real and not any(_failed_cases(step)) and _answered(step)


def _answered(step: Step) -> bool:
    cases = step.value.get("cases")
    return isinstance(cases, list) and any(isinstance(c, dict) and c.get("outcome") == "answered" for c in cases)


def _what(step: Step) -> str:
    how = step.value.get("how")
    return str(how)[:200] if isinstance(how, str) and how else "the model loaded" if step.name == "load" else "answered"


def _failures(step: Step) -> Iterator[_Seen]:
    if step.failure is not None:
        if step.failure.type.rpartition(".")[2] != NOT_TRIED:
            yield _seen(step, step.failure)
    elif step.ended is not Ended.FINISHED and not step.phase.startswith(BROKEN):
        yield _Seen(step.name, _plain(step.log)[-300:] or step.ended.value, "", step.log)
    for case in _failed_cases(step):
        yield _seen(step, failure_of(case.get("failure")))


def _failed_cases(step: Step) -> Iterator[Mapping[str, Any]]:
    cases = step.value.get("cases")
    for case in cases if isinstance(cases, list) else ():
        if isinstance(case, dict) and case.get("outcome") == "failed" and case.get("proof"):
            yield case


def _seen(step: Step, failure: Failure) -> _Seen:
    log = step.log if step.name == "serve" else ""  # the log of a handler's process may speak of other things as well
    text = "\n".join((failure.line, *failure.causes, log))
    return _Seen(step.name, failure.line, failure.where, text)
