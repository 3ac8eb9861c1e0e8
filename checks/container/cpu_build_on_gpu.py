"""Check: the instance has a GPU, and what runs the model can't use one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The instance has a GPU that nothing can use",
    fault="device-mismatch",
    severity=Severity.NOTE,
    stage=Stage.SILENT,
    basis="https://pytorch.org/get-started/previous-versions/",
)
def cpu_build_on_gpu(handler: Handler, models: Models, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    The model runs on the CPU, and the GPU is paid for nothing.

    Builds without CUDA (torch with +cpu in its version, tensorflow-cpu, onnxruntime without onnxruntime-gpu) and
    scikit-learn answer as they should on an instance with a GPU, without using it. Install the build for CUDA, or take
    a cheaper instance without a GPU.
    """
    from doctor.used import first_of, modules

    if not target.gpu:
        return
    facts, used = load("gpu_builds"), modules(handler, models)
    if any(first_of(name, used) for name in facts["others"]):
        return
    there = {name: seen for name in facts["modules"] if (seen := first_of(name, used))}
    if not there or not all(_for_cpu(serving, facts["modules"][name]) for name in there):
        return
    first = next(iter(there))
    yield _finding(facts["modules"][first], there[first], serving, target)


def _for_cpu(serving: Environment, row: Mapping[str, str]) -> bool:
    """Whether what is installed surely has no CUDA."""
    version = serving.packages.get(row["distribution"])
    if version is None or not version.endswith(row["ending"]):
        return False
    other = row.get("besides", "")
    return not other or (serving.complete and other not in serving.packages)


def _finding(row: Mapping[str, str], seen: Evidence, serving: Environment, target: Target) -> Finding:
    name = row["distribution"]
    cheaper = "an instance without a GPU, like ml.m5.xlarge"
    return Finding(
        message=f"{name} {serving.packages[name]} uses no GPU: that of {target.instance} is paid for and idle",
        evidence=(seen, serving.evidence(name), target.evidence()),
        fix=f"{row['instead']}, or {cheaper}" if row["instead"] else cheaper,
        cause=f"serving:pkg/{name}",
    )
