"""Check: models bring different scripts to a container that runs one for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.fleet import Fleet, Member
    from doctor.target import Target

_SCRIPT = "SAGEMAKER_SUBMIT_DIRECTORY"


@check(
    title="Models bring different scripts, and the container runs one for all of them",
    fault="multi-model",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://github.com/aws/sagemaker-scikit-learn-container/blob/master/src/sagemaker_sklearn_container/serving_mms.py",
)
def one_script_for_all_models(fleet: Fleet, stack: str, target: Target) -> Iterator[Finding]:
    """
    The scikit-learn and XGBoost containers import one script when they start, and use it for every model.

    It is the one that SAGEMAKER_SUBMIT_DIRECTORY names; what is packed with a model isn't imported. Where models need
    different code, put it into one script that looks at the model folder's files, or take an endpoint for each. This
    is asked where several artifacts are given.
    """
    if stack not in load("multi_model")["one_script"] or not target.is_a("multi-model"):
        return
    scripts: dict[str, Member] = {}
    for member in fleet:
        entry = member.handler.entry
        if entry is not None:
            scripts.setdefault("\n".join(line.rstrip() for line in entry.lines).strip(), member)
    if len(scripts) < 2:
        return
    one, other, *_ = scripts.values()
    said = target.variables.get(_SCRIPT, "")
    yield Finding(
        message=f"{one.name} and {other.name} bring different scripts, and the {stack} container runs one for all its "
        f"models: {said or 'the one that ' + _SCRIPT + ' names'}",
        evidence=(
            *(m.seen(m.handler.entry.path, "packed with this model") for m in (one, other) if m.handler.entry),
            Evidence(f"target:env/{_SCRIPT}", said or "not set"),
        ),
        fix="one script for all, which chooses by the files in model_dir, or one endpoint a model",
        likelihood=Likelihood.LIKELY,
        cause="target:script",
    )
