"""Check: no SavedModel is where TensorFlow Serving's container looks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_junk
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.savedmodels import folder_of, label_of, numbered

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.target import Target


@check(
    title="No SavedModel lies in a folder named by a number",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/aws/sagemaker-tensorflow-serving-container/blob/master/docker/build_artifacts/sagemaker/tfs_utils.py",
    symptoms=(r"no SavedModel bundles found!", r"No versions of servable \S+ found under base path"),
    explains=("nested-root",),
)
def savedmodel_no_version_folder(artifact: Artifact, stack: str, target: Target) -> Iterator[Finding | Unknown]:
    """
    TensorFlow Serving looks for <name>/<number>/saved_model.pb, whatever lies above <name>.

    The number is the model's version and is made of digits only: 1, not v1, 0.1 or export. The file's name is
    saved_model.pb; checkpoints, .h5, .keras and other .pb files are never served.
    """
    if stack != "tensorflow-serving" or not any(artifact.files()):
        return
    if target.variables.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
        yield Unknown(
            "behind a multi-model endpoint the archive is one of several models, each loaded when it is asked"
        )
        return
    found = [m.path for m in artifact.named("saved_model.pb") if m.path.rsplit("/", 1)[-1] == "saved_model.pb"]
    if any(numbered(path) for path in found) or any(m.kind == "symlink" for m in artifact.members.values()):
        return
    yield _misplaced(artifact, found[0]) if found else _none(artifact)


def _misplaced(artifact: Artifact, path: str) -> Finding:
    folder = folder_of(path)
    return Finding(
        message=f"the SavedModel is in {label_of(folder)}, and TensorFlow Serving only looks for "
        "<name>/<number>/saved_model.pb",
        evidence=(Evidence(f"artifact:{path}", _why(folder)),),
        fix=f"{_move(artifact, folder)}  # then pack again",
        log="ValueError: no SavedModel bundles found!",
        cause="artifact:savedmodel",
    )


def _why(folder: str) -> str:
    return f"its folder is {folder.rsplit('/', 1)[-1]!r}, no number" if folder else "at the root, in no folder"


def _move(artifact: Artifact, folder: str) -> str:
    """Return the commands that put a SavedModel's files into a folder named 1."""
    below = f"{folder}/" if folder else ""
    parts = (m.path.removeprefix(below).split("/")[0] for m in artifact.under(folder))
    entries = [e for e in dict.fromkeys(parts) if e in {"saved_model.pb", "variables", "assets", "assets.extra"}]
    target = f"{folder or 'model'}/1"
    return f"mkdir -p {target} && mv {' '.join(below + e for e in entries)} {target}/"


def _none(artifact: Artifact) -> Finding:
    others = [m.path for m in artifact.named(".h5", ".keras", ".pb", ".ckpt.index", ".pbtxt", ".tflite", ".hdf5")]
    others = [path for path in others if not is_junk(path)] or [m.path for m in artifact.files() if not is_junk(m.path)]
    first = others[0] if others else "only what no server reads"
    return Finding(
        message=f"there is no saved_model.pb; TensorFlow Serving doesn't serve {first}",
        evidence=(Evidence("artifact:/", f"{len(others)} files, the first is {first}; none is a saved_model.pb"),),
        fix='export it: tf.saved_model.save(model, "model/1") or, with Keras 3, model.export("model/1"); pack model/',
        log="ValueError: no SavedModel bundles found!",
        cause="artifact:savedmodel",
    )
