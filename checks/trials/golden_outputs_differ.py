"""Check: the numbers aren't those that the model gave at training time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="The model gives other numbers than at its training",
    fault="other-numbers",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://scikit-learn.org/stable/model_persistence.html",
    explains=("golden-versions-differ",),
)
def golden_outputs_differ(golden: Step) -> Iterator[Finding | Unknown]:
    """
    doctor.json holds a sample with the outputs that it had at training time; here it gets others.

    Nothing fails, and every prediction is another one: another version of a library, other weights, preprocessing that
    the handler does otherwise, a model in training mode. Numbers are compared within the tolerance of their dtype,
    which doctor.json holds; `doctor capture` writes it again where the new numbers are the right ones.
    """
    from doctor.trials.answers import short
    from doctor.trials.reading import failure_of

    samples = golden.value.get("samples")
    for number, sample in enumerate(samples if isinstance(samples, list) else ()):
        if not isinstance(sample, dict):
            continue
        if sample.get("failure"):
            yield Unknown(f"sample {number} of doctor.json raised {short(failure_of(sample['failure']).line)}")
            continue
        differences = [d for d in sample.get("differences") or () if isinstance(d, dict)]
        if differences:
            yield _found(number, str(golden.value.get("file", "doctor.json")), differences)


def _found(number: int, file: str, differences: list[dict[str, Any]]) -> Finding:
    first = differences[0]
    where = f" of {first.get('name')}" if first.get("name") else ""
    if first.get("index", -1) < 0:
        what = f"{_value(first.get('found'))}, and was {_value(first.get('expected'))} (shape or names)"
    else:
        what = f"{_value(first.get('found'))} at element {first.get('index')}, and was {_value(first.get('expected'))}"
    return Finding(
        message=f"the output{where} for sample {number} of {file} is {what} at training time",
        evidence=tuple(Evidence("trial:golden", _told(d)) for d in differences[:5]),
        fix="serve with the versions of the training, or, where these numbers are right, run doctor capture again",
        cause="trial:golden",
    )


def _told(difference: dict[str, Any]) -> str:
    off = difference.get("off")
    more = f"; {off} values are off" if isinstance(off, int) and off > 1 else ""
    name = str(difference.get("name") or "output")
    return f"{name}: {_value(difference.get('expected'))} then, {_value(difference.get('found'))} now{more}"


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:120]
