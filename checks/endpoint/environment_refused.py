"""Check: the API refuses the endpoint's variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.target import Target


@check(
    title="The platform refuses the endpoint's variables",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
    symptoms=(r"ValidationException.*[Ee]nvironment", r"Member must satisfy regular expression pattern"),
)
def environment_refused(target: Target) -> Iterator[Finding]:
    """
    CreateModel takes names made of letters, digits and underscores, and a limited number of bytes.

    A name with a dot or a hyphen, a value above 1024 bytes, more than 100 variables or 32 KiB in all are refused when
    the model is created. Write long values into a file of the artifact.
    """
    rule = load("limits")["environment"]
    for name, value in target.variables.items():
        why = _refused(name, value, rule)
        if why:
            yield Finding(
                message=f"the variable {name[:60]!r} {why}",
                evidence=(Evidence(f"target:env/{name[:60]}", f"{value[:60]!r}, {len(value.encode())} bytes"),),
                fix=f"rename it: {re.sub('[^a-zA-Z0-9_]', '_', name)[:60]}={value[:20]}"
                if "name" in why
                else f"put the value of {name[:60]} into a file of the artifact, and give its path",
                log="An error occurred (ValidationException) when calling the CreateModel operation: 1 validation "
                "error detected: Value at 'primaryContainer.environment' failed to satisfy constraint",
                cause=f"target:env/{name}",
            )
    total = sum(len(k.encode()) + len(v.encode()) for k, v in target.variables.items())
    if len(target.variables) > rule["entries"] or total > rule["total_bytes"]:
        yield Finding(
            message=f"{len(target.variables)} variables of {total:,} bytes are too many: {rule['entries']} and "
            f"{rule['total_bytes']:,} bytes at most",
            evidence=(Evidence("target:env", f"{len(target.variables)} variables, {total:,} bytes"),),
            fix="put settings into a file of the artifact, and read it in model_fn",
            cause="target:env",
        )


def _refused(name: str, value: str, rule: dict[str, str | int]) -> str:
    if not re.fullmatch(str(rule["key_pattern"]), name):
        return "has a name that the platform refuses: only letters, digits and underscores, no digit first"
    most = int(rule["value_bytes"])
    size = len(value.encode())
    return f"has a value of {size:,} bytes, and {most:,} is the most" if size > most else ""
