"""Check: a SavedModel uses an operator that TensorFlow Serving wasn't built with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check
from doctor.savedmodels import lifetime, loads, package_of

if TYPE_CHECKING:
    from doctor.formats.kinds.savedmodel import Operator
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.savedmodels import Load


@check(
    title="The SavedModel uses an operator that TensorFlow Serving doesn't have",
    fault="op-missing-in-server",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-python-sdk/issues/1450",
    symptoms=(r"Op type not registered '[^']+' in binary running on",),
)
def savedmodel_operator_not_served(models: Models, handler: Handler, stack: str) -> Iterator[Finding | Unknown]:
    """
    TensorFlow Serving is one binary with its operators built in, and loads no Python package.

    It has TensorFlow's, those of tensorflow-text, and those with which TensorFlow Decision Forests answers. An
    operator of your own, or of TensorFlow Addons, IO or Recommenders Addons, is unknown to it and stops the load.
    Older servers looked into the bodies of functions later: the endpoint came up, and the first request was answered
    with 404.
    """
    if stack != "tensorflow-serving":
        return
    for load in loads(models, handler):
        for operator in load.facts.operators:
            if operator.reached and not operator.name.startswith("_") and lifetime(operator.name) is None:
                yield _foreign(load, operator)
                break


def _foreign(load: Load, operator: Operator) -> Finding | Unknown:
    package = package_of(operator.name)
    built_in = facts("tensorflow_operators")["packages"][package[0]]["serving"] if package else {}
    if package and built_in:
        return Unknown(
            f"{operator.name} is of {package[0]}; TensorFlow Serving has some version of it from {min(built_in)} on, "
            "and nothing says which is there"
        )
    path, where = load.file.path, operator.function or "the main graph"
    newest = facts("tensorflow_operators")["versions"][-1]
    return Finding(
        message=f"{path} uses the operator {operator.name}"
        + (f" of {package[0]}" if package else "")
        + f" in {where}, which TensorFlow Serving doesn't have",
        evidence=(
            Evidence(f"artifact:{path}", f"{operator.name} in {where}"),
            Evidence("target:stack", f"tensorflow-serving: no TensorFlow up to {newest} has the operator"),
        ),
        fix="build tensorflow_model_server with the operator's library (SUPPORTED_TENSORFLOW_OPS), or serve with a "
        "Python handler that loads it",
        likelihood=Likelihood.LIKELY,
        log=f"Op type not registered '{operator.name}' in binary running on model.aws.local. Make sure the Op and "
        "Kernel are registered in the binary running in this process.",
        cause=f"artifact:{path}",
    )
