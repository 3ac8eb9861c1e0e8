"""What the step "invoke" saw of requests, as checks ask for it; whatever a probe may have been made to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.target import Target
    from doctor.trials.values import Failure, Step

BROKEN = "malformed: "  # what phases begin with while a broken request is answered
_PHASES = {
    "input": "input_fn",
    "predict": "predict_fn",
    "output": "output_fn",
}


def cases(step: Step, kind: str = "cases") -> Iterator[Mapping[str, Any]]:
    """Yield the cases of a step: of good requests ("cases"), or of broken ones ("malformed")."""
    found = step.value.get(kind)
    for case in found if isinstance(found, list) else ():
        if isinstance(case, dict):
            yield case


def failure_in(case: Mapping[str, Any]) -> Failure:
    """Return a case's failure."""
    from doctor.trials.reading import failure_of

    return failure_of(case.get("failure"))


def named(case: Mapping[str, Any]) -> str:
    """Return what was asked in a case."""
    return str(case.get("name", ""))


def source_of(step: Step) -> str:
    """Return where the request is from: "sample", "artifact", "made", "" unknown."""
    request = step.value.get("request")
    return str(request.get("source", "")) if isinstance(request, dict) else ""


def sample_of(step: Step) -> str:
    """Return words for the request that was asked."""
    request = step.value.get("request")
    if not isinstance(request, dict) or source_of(step) == "sample":
        return "the sample"
    return str(request.get("where", "")) if source_of(step) == "artifact" else "a made-up request"


def doing(step: Step, failure: Failure) -> str:
    """Return the function in which a request fails: the handler's own name, or the stack's default."""
    functions = step.value.get("functions")
    own = functions if isinstance(functions, dict) else {}
    if own.get("transform_fn") == "own":
        return "transform_fn"
    name = _PHASES.get(failure.phase, "")
    if name not in own:
        return ""
    return name if own[name] == "own" else f"the stack's own {name}"


def doubt(step: Step, failure: Failure, target: Target) -> str:
    """Return why a request's failure may be the sandbox's and not the endpoint's; "" where it is the endpoint's too."""
    from doctor.trials import proof
    from doctor.trials.running import needs_gpu

    if needs_gpu(failure) and not _without_gpu(target):
        return "it needs a GPU, and the sandbox has none"
    return proof.doubt(step._replace(failure=failure, phase=failure.phase), target)


def _without_gpu(target: Target) -> bool:
    try:
        return not target.gpu
    except Unknown:
        return False


def short(text: str) -> str:
    """Return a text as one line of a report."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
