"""Check: the file that Triton's backend opens is not in the version's folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import directly_in
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.triton import TritonModel, loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


_OTHERS = {"cc_model_filenames", "runtime"}  # say by themselves which file it is


@check(
    title="Triton's model file is not there under its name",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/clearml/clearml-serving/issues/3",
    symptoms=(
        r"unable to find '\S+/\d+/model\.\w+'",
        r"Python model file not found in",
        r"model file not found",
    ),
)
def triton_model_file_absent(artifact: Artifact, models: Models, stack: str, target: Target) -> Iterator[Finding]:
    """
    Each backend opens a file of one name in the version's folder: model.onnx, model.pt, model.plan, model.py.

    A file of another name isn't looked for. Rename it, or give its name in config.pbtxt: default_model_filename.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        if not model.configured or not model.filename or model.config is None:
            continue
        for version in model.versions:
            folder = f"{model.folder}/{version}"
            path = f"{folder}/{model.filename}"
            if path in artifact or artifact.has_folder(path) or _OTHERS & set(model.config.fields):
                continue
            there = [m.path.rsplit("/", 1)[-1] for m in directly_in(artifact, folder)]
            yield _finding(model, path, there)


def _finding(model: TritonModel, path: str, there: list[str]) -> Finding:
    ending = model.filename.rpartition(".")[2]
    like = next((n for n in there if n.endswith(f".{ending}")), "")
    says = model.config.backend or model.config.platform if model.config else ""
    log = f"unable to find '/opt/ml/model/{path}' for model '{model.folder}'"
    if model.backend == "python":
        log = f"Failed to preinitialize Python stub: Python model file not found in '/opt/ml/model/{path}'"
    return Finding(
        message=f"the {says} backend opens {path}, and that folder has {', '.join(there[:5]) or 'no file'}",
        evidence=(
            Evidence(f"artifact:{path.rpartition('/')[0]}", f"in it: {', '.join(there[:8]) or 'no file'}"),
            Evidence(f"artifact:{model.path}", f'"{says}"'),
        ),
        fix=f'default_model_filename: "{like}"' if like else f"put the model there as {path}",
        log=log,
        cause=f"artifact:{path}",
    )
