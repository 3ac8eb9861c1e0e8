"""Check: serving.properties asks for a rolling batch that the image no longer has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.properties import ServingProperties
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

_NAME = "option.rolling_batch"

if TYPE_CHECKING:
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The image no longer has the rolling batch that is asked for",
    fault="endpoint-config",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.djl.ai/master/docs/serving/serving/docs/lmi/announcements/breaking_changes.html",
    symptoms=(
        r"Invalid rolling batch",
        r"rolling_batch .* (is not supported|removed)",
        r"ValueError: .*rolling_batch",
    ),
)
def djl_rolling_batch_removed(models: Models, stack: str, reference: str, target: Target) -> Iterator[Finding]:
    """
    LMI 15 (djl-serving 0.33) has lost the rolling batches lmi-dist and scheduler; DeepSpeed's went with 0.28.

    Take vllm or trtllm, or leave it out: "auto" chooses.
    """
    version = re.search(r"(?:djl-inference|lmi):(\d+)\.(\d+)", reference)
    if stack != "djl" or version is None:
        return
    asked = [
        (f"artifact:{f.path}:{p.lines[_NAME]}", p.values[_NAME])
        for f, p in models.of(ServingProperties)
        if _NAME in p.values
    ]
    if "OPTION_ROLLING_BATCH" in target.variables:
        asked.append(("target:env/OPTION_ROLLING_BATCH", target.variables["OPTION_ROLLING_BATCH"]))
    for where, value in asked:
        removed = load("stacks")["djl_removed"].get(value.strip().lower())
        if removed and (int(version[1]), int(version[2])) >= tuple(int(p) for p in removed.split(".")):
            yield Finding(
                message=f"the rolling batch {value} is gone since djl-serving {removed}, and the image has "
                f"{version[1]}.{version[2]}",
                evidence=(Evidence(where, f"{_NAME}={value}"), Evidence("image:reference", reference)),
                fix=f"{_NAME}=vllm",
                likelihood=Likelihood.LIKELY,
                cause=where,
            )
