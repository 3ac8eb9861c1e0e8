"""``doctor capture``: the golden outputs of a folder, as its own handler gives them in a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doctor.capture import of_trial
from doctor.deployment import Deployment
from doctor.errors import BadInput
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.deployment import Plan
    from doctor.trials.values import Step


def captured(plan: Plan) -> Path:
    """
    Run the model that a plan names on its sample, and write what it answers into its folder; return the file's path.

    Raises BadInput where the artifact is no folder, or the sample isn't answered.
    """
    folder = plan.artifact
    if not Path(folder).is_dir():
        raise BadInput(f"{folder}: no directory; capture what becomes the artifact before it is packed")
    deployment = Deployment(plan)
    try:
        step: Step = deployment.part("invoke")
        return of_trial(folder, deployment.part("sample"), step.value)
    except Unknown as reason:
        raise BadInput(f"{folder}: {reason}{_failure_of_load(deployment)}") from None
    finally:
        deployment.close()


def _failure_of_load(deployment: Deployment) -> str:
    """What kept the model from loading, where that is why nothing was captured."""
    step = deployment.trial.steps.get("load") if deployment.trial is not None else None
    return f" ({step.failure.line})" if step is not None and step.failure is not None else ""
