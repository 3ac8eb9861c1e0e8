"""Check: a variable of the endpoint is one that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.settings import texts
from doctor.variables import meant as meant_by

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target

_READS = (".py", ".sh", ".properties", ".json", ".yaml", ".yml", ".cfg", ".ini", ".toml", ".js", ".R")


@check(
    title="A variable of the endpoint is read by nothing",
    fault="endpoint-config",
    severity=Severity.WARNING,
    stage=Stage.SILENT,
    basis="https://github.com/aws/amazon-sagemaker-examples/issues/3432",
    symptoms=(r"did not pass the ping health check",),
)
def variable_not_read(target: Target, artifact: Artifact, stack: str) -> Iterator[Finding]:
    """
    Settings of the endpoint passed as variables of the container change nothing, and neither do misspelt names.

    ``container_startup_health_check_timeout`` or ``instance_type`` are arguments of ``deploy()``; the
    container's servers read SAGEMAKER_PROGRAM, and neither SAGEMKAER_PROGRAM nor SM_PROGRAM. A variable
    that a file of the artifact mentions is not told.
    """
    facts = load("endpoint_variables")
    own = stack in {"byoc", "mlflow"}  # whose server may read any variable
    for name, value in target.variables.items():
        if name in facts["names"] or _mentioned(artifact, name):
            continue
        argument = facts["arguments"].get(name.lower())
        meant = "" if argument or own else meant_by(name)
        if argument or meant:
            yield Finding(
                message=f"the variable {name} is read by nothing: "
                + (f"it is {argument}" if argument else f"{meant} is probably meant"),
                evidence=(Evidence(f"target:env/{name}", value),),
                fix=f"deploy(..., {name.lower()}={value})"
                if argument and "deploy()" in argument
                else f"{meant}={value}"
                if meant
                else f"set it as {argument}",
                likelihood=Likelihood.LIKELY,
                cause=f"target:env/{name}",
            )


def _mentioned(artifact: Artifact, name: str) -> bool:
    return any(text is None or name in text for text in texts(artifact, *_READS))
