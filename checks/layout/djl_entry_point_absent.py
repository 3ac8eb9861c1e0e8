"""Check: serving.properties names a Python file that is not in the archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.properties import ServingProperties
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models


@check(
    title="DJL's entry point is not in the archive",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.djl.ai/master/docs/serving/serving/docs/modes.html",
    symptoms=(
        r"Failed to load entrypoint",
        r"No module named '\w+'",
        r"entryPoint .* not found",
    ),
)
def djl_entry_point_absent(artifact: Artifact, models: Models, stack: str) -> Iterator[Finding]:
    """
    option.entryPoint names the Python file whose handle() answers requests; without it that is model.py.

    It is looked for beside serving.properties, unless it is a module of the image's (djl_python.huggingface). Pack
    the file there, or correct its name.
    """
    if stack != "djl":
        return
    for file, facts in models.of(ServingProperties):
        name = next((n for n in ("option.entryPoint", "entryPoint") if n in facts.values), "")
        value = facts.values.get(name, "")
        folder = file.path.rpartition("/")[0]
        path = f"{folder}/{value}" if folder else value
        if not value.endswith(".py") or "$" in value or "://" in value or value.startswith("/") or path in artifact:
            continue
        there = [m.path for m in artifact.named(".py")]
        yield Finding(
            message=f"{name} is {value}, and the archive has {', '.join(there[:4]) or 'no Python file'}",
            evidence=(Evidence(f"artifact:{file.path}:{facts.lines[name]}", f"{name}={value}"),),
            fix=f"{name}={there[0]}" if len(there) == 1 and "/" not in there[0] else f"pack {value} beside {file.path}",
            likelihood=Likelihood.LIKELY,
            log=f"ModuleNotFoundError: No module named '{value.removesuffix('.py')}'",
            cause=f"artifact:{file.path}",
        )
