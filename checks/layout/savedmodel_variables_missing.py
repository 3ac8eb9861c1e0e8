"""Check: a SavedModel's variables are not packed with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import loads

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.savedmodels import Load

_SHARD = r"variables\.data-(\d{5})-of-(\d{5})"


@check(
    title="The SavedModel's variables are missing",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/saved_model#the_savedmodel_format_on_disk",
    symptoms=(
        r"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for .*variables/variables",
        r"variables/variables\.data-\d{5}-of-\d{5}; No such file or directory",
        r"Could not find variable \S+\. This could mean that the variable has been deleted",
    ),
)
def savedmodel_variables_missing(models: Models, artifact: Artifact, handler: Handler) -> Iterator[Finding]:
    """
    saved_model.pb holds the graph; the weights are in variables/ beside it: an index and one or more shards.

    Python refuses to load a SavedModel whose index is missing. TensorFlow Serving loads it all the same, and each
    request fails at the first variable. A missing shard stops both. Pack the whole folder.
    """
    for load in loads(models, handler):
        missing = _missing(artifact, load)
        if missing:
            folder = f"{load.folder}/" if load.folder else ""
            yield Finding(
                message=f"{folder}{missing} is not packed, and {load.file.path} reads its variables from it",
                evidence=(
                    Evidence(f"artifact:{folder}{missing}", "not in the artifact"),
                    Evidence(f"artifact:{load.file.path}", f"variables in the graph: {load.facts.variables}"),
                    *load.evidence,
                ),
                fix="pack the whole folder that tf.saved_model.save wrote: saved_model.pb, variables/ and assets/",
                likelihood=load.likelihood,
                log=_log(load, folder, missing),
                cause=f"artifact:{folder}variables",
            )


def _missing(artifact: Artifact, load: Load) -> str:
    """Return the first file of variables/ that is needed and absent, relative to the SavedModel; "" for none."""
    if load.facts.frozen or not (load.facts.variables or (load.call is not None and load.facts.restores)):
        return ""
    folder = f"{load.folder}/variables/" if load.folder else "variables/"
    if f"{folder}variables.index" not in artifact:
        return "variables/variables.index"
    names = (p.removeprefix(folder) for p in artifact.members)
    shards = [m for m in (re.fullmatch(_SHARD, name) for name in names) if m]
    if not shards:
        return "variables/variables.data-00000-of-00001"
    total = int(shards[0][2])
    here = {int(shard[1]) for shard in shards if int(shard[2]) == total}
    absent = next((n for n in range(min(total, 100_000)) if n not in here), None)
    return "" if absent is None else f"variables/variables.data-{absent:05}-of-{total:05}"


def _log(load: Load, folder: str, missing: str) -> str:
    place = f"/opt/ml/model/{folder}"
    if not missing.endswith(".index"):
        return f"{place}{missing}; No such file or directory"
    if load.call is None:
        return "Could not find variable ... This could mean that the variable has been deleted."
    return (
        f"Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {place}variables/variables"
    )
