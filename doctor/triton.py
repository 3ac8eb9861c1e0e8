"""Which models of a Triton repository are loaded, with what configuration, from which versions' folders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.triton import TritonConfig

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.base import ModelFile
    from doctor.models import Models
    from doctor.target import Target

DEFAULT = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"
_ALL = "--model-control-mode"


class TritonModel(NamedTuple):
    """
    One folder of the repository that is loaded.

    Args:
        folder: its name.
        file: its config.pbtxt, None where it has none that can be read.
        config: what that says.
        configured: whether there is a config.pbtxt, readable or not.
        versions: names of its version folders, those that begin with a zero left out.
    """

    folder: str
    file: ModelFile | None
    config: TritonConfig | None
    configured: bool
    versions: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where its configuration is, or would be."""
        return f"{self.folder}/config.pbtxt"

    @property
    def backend(self) -> str:
        """What runs it: "onnxruntime", "ensemble"; "" where its configuration doesn't say."""
        if self.config is None:
            return ""
        if self.config.platform == "ensemble" or "ensemble_scheduling" in self.config.fields:
            return "ensemble"
        return self.config.backend or load("triton")["platforms"].get(self.config.platform, [""])[0]

    @property
    def filename(self) -> str:
        """The file that is opened in a version's folder, "" where the backend decides."""
        if self.config is None:
            return ""
        if self.config.default_model_filename:
            return self.config.default_model_filename
        named = load("triton")["platforms"].get(self.config.platform)
        return str(named[1] if named else load("triton")["backends"].get(self.backend, ""))


def folders(artifact: Artifact) -> list[str]:
    """Return the folders at the root of the archive, as the container's serve script counts them."""
    found = dict.fromkeys(p.partition("/")[0] for p, m in artifact.members.items() if "/" in p or m.kind == "directory")
    return list(found)


def started(artifact: Artifact, target: Target) -> str:
    """Return the folder that the serve script loads, "" where it loads none."""
    named = target.variables.get(DEFAULT, "")
    there = folders(artifact)
    if named:
        return named if named in there else ""
    return there[0] if len(there) == 1 else ""


def loaded(artifact: Artifact, models: Models, target: Target) -> Iterator[TritonModel]:
    """Yield the model that is loaded, and those that it calls as an ensemble; none where the start is refused."""
    waiting = [started(artifact, target)]
    seen: set[str] = set()
    while waiting:
        folder = waiting.pop(0)
        if not folder or folder in seen or not artifact.has_folder(folder):
            continue
        seen.add(folder)
        model = _model(folder, artifact, models)
        yield model
        waiting += model.config.steps if model.config else ()


def _model(folder: str, artifact: Artifact, models: Models) -> TritonModel:
    path = f"{folder}/config.pbtxt"
    file = models.at(path)
    config = file.facts if file is not None and isinstance(file.facts, TritonConfig) else None
    below = dict.fromkeys(
        rest.partition("/")[0]
        for p, m in artifact.members.items()
        if p.startswith(f"{folder}/") and ("/" in (rest := p[len(folder) + 1 :]) or m.kind == "directory")
    )
    versions = tuple(name for name in below if name.isascii() and name.isdigit() and (name[0] != "0" or name == "0"))
    return TritonModel(folder, file, config, path in artifact, versions)
