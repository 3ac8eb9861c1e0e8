"""Check: a variable's value is wrapped in quotation marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target


@check(
    title="A variable's value is wrapped in quotation marks",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
    symptoms=(r"Unknown task \"?'?\"", r"No module named '\"", r"invalid literal for int\(\) with base 10: '\""),
)
def variable_in_quotes(target: Target) -> Iterator[Finding]:
    """
    Variables reach the container as they are, quotation marks included; no shell takes them off.

    ``HF_TASK='"text-classification"'`` names a task whose name begins with a quotation mark, and there is none. It
    comes of values that were written as JSON, or quoted twice in YAML or Terraform.
    """
    known = load("endpoint_variables")["names"]
    for name, value in target.variables.items():
        if name in known and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            bare = value[1:-1]
            yield Finding(
                message=f"{name} is {value}, quotation marks included, and the container takes them as part of it",
                evidence=(Evidence(f"target:env/{name}", value),),
                fix=f"{name}={bare}",
                likelihood=Likelihood.LIKELY,
                log=_log(name, value),
                cause=f"target:env/{name}",
            )


def _log(name: str, value: str) -> str:
    if name == "HF_TASK":
        return f"KeyError: 'Unknown task {value}, available tasks are ["
    if name == "SAGEMAKER_PROGRAM":
        return f"ModuleNotFoundError: No module named '{value[:-1].removesuffix('.py')}"
    whole = value[1:-1].isdigit()
    return f"ValueError: invalid literal for int() with base 10: {value!r}" if whole else ""
