"""The part ``fleet``: several artifacts behind one endpoint, each a deployment of its own, and what they share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.deployment import Deployment
from doctor.errors import BadInput
from doctor.model import Evidence, Finding, Unknown

if TYPE_CHECKING:
    from doctor.artifact.reading import Watch
    from doctor.artifact.tree import Artifact
    from doctor.deployment import Plan
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.trials.values import Step

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
# What may lie beside archives and says nothing of a model.
_BESIDE = (".md", ".txt", ".rst", ".sha256", ".sha512", ".md5", ".asc", ".sig")
# Parts that are the endpoint's, the same for all members: read once.
SHARED = ("image", "reference", "target", "sample", "content_type")


def is_folder_of_artifacts(path: Path) -> bool:
    """
    Say whether a directory holds artifacts rather than being one.

    All its files, in its folders too, are archives (hidden files, and text and checksums beside them, aside), and there
    is at least one. A directory with any other file is a model's own.
    """
    if not path.is_dir():
        return False
    archives = False
    for file in _files(path):
        name = file.name.lower()
        if not name.endswith((*ARCHIVES, *_BESIDE)):
            return False
        archives = archives or name.endswith(ARCHIVES)
    return archives


def members(paths: tuple[str, ...]) -> list[str]:
    """
    Return the artifacts that the user's paths name: each path, and of a directory of artifacts its archives.

    Raises BadInput for a path that isn't there, for none at all, and for one that is named twice.
    """
    found: list[str] = []
    for path in paths:
        if is_folder_of_artifacts(Path(path)):
            found += [str(f) for f in _files(Path(path)) if f.name.lower().endswith(ARCHIVES)]
            continue
        if not Path(path).exists():
            raise BadInput(f"{path}: no such file or directory")
        if len(paths) > 1 and Path(path).is_dir() and not any(_files(Path(path))):
            raise BadInput(f"{path}: an empty directory; give archives, or a directory that holds some")
        found.append(path)
    _refuse_doubles(found)
    return found


def is_fleet(paths: tuple[str, ...]) -> bool:
    """Say whether the user's paths name several artifacts, or a directory of them."""
    return len(paths) > 1 or any(is_folder_of_artifacts(Path(p)) for p in paths)


def names(paths: list[str]) -> list[str]:
    """Return what requests call each artifact: its path below the folder that all of them lie in."""
    whole = [Path(p).absolute() for p in paths]
    common = Path(os.path.commonpath([p.parent for p in whole])) if whole else Path()
    return [p.relative_to(common).as_posix() for p in whole]


class Member(NamedTuple):
    """
    One artifact of several.

    Args:
        name: what requests call it (TargetModel): its file name relative to the others'.
        deployment: its parts, each computed when first asked for.
    """

    name: str
    deployment: Deployment

    @property
    def artifact(self) -> Artifact:
        """Its files."""
        artifact: Artifact = self.deployment.part("artifact")
        return artifact

    @property
    def models(self) -> Models:
        """Its model files."""
        models: Models = self.deployment.part("models")
        return models

    @property
    def handler(self) -> Handler:
        """Its scripts."""
        handler: Handler = self.deployment.part("handler")
        return handler

    @property
    def serving(self) -> Environment:
        """What will be there when it serves; Unknown where nothing says."""
        serving: Environment = self.deployment.part("serving")
        return serving

    @property
    def loaded(self) -> Step:
        """What loading it in a trial came to; Unknown where none was asked for."""
        step: Step = self.deployment.part("load")
        return step

    def writers(self) -> Mapping[str, str]:
        """Return the distributions and versions that wrote its files, as they say."""
        written: dict[str, str] = {}
        for file in self.models.files:
            for name, version in file.writer.items():
                written.setdefault(name, version)
        return written

    def seen(self, place: str, saw: str) -> Evidence:
        """Return an observation in it: ``artifact:price.tar.gz/model.joblib``."""
        return Evidence(f"artifact:{self.name}{'/' if place else ''}{place}", saw)


class Trial(NamedTuple):
    """
    What one member would come to in another environment.

    ``failure`` is the finding that says why it fails, None where nothing does; ``unsure`` says what can't be known.
    """

    failure: Finding | None
    unsure: str = ""


Asking = Callable[[Member, "Environment"], Trial]


class Fleet:
    """
    The artifacts that are to stand behind one endpoint.

    Args:
        members: in the order of their names.
        asking: says what a member would come to in an environment, as far as its distributions are concerned.
    """

    def __init__(self, members: tuple[Member, ...], asking: Asking | None = None) -> None:
        self.members = members
        self._asking = asking
        self._asked: dict[tuple[str, tuple[tuple[str, str], ...]], Trial] = {}

    def __iter__(self) -> Iterator[Member]:
        """Iterate over the members."""
        return iter(self.members)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.members)

    def under(self, member: Member, packages: Mapping[str, str]) -> Trial:
        """Return what a member would come to with these distributions, nothing being known of others."""
        if self._asking is None:
            raise Unknown("no other environment was tried")
        key = (member.name, tuple(packages.items()))
        if key not in self._asked:
            from doctor.environment import Environment

            self._asked[key] = self._asking(member, Environment("serving", "another image", packages))
        return self._asked[key]


class OneOfSeveral(Deployment):
    """
    A member's deployment, which leaves what is the endpoint's to the one that all share.

    Args:
        plan: of this member.
        common: has the parts that all share.
        given: parts that are there already.
        watch: told of bytes read.
    """

    def __init__(
        self, plan: Plan, common: Deployment, given: Mapping[str, Any] | None = None, watch: Watch | None = None
    ) -> None:
        super().__init__(plan, given, watch)
        self._common = common

    def part(self, name: str) -> Any:
        """Return a part, the endpoint's own from what all share."""
        return self._common.part(name) if name in SHARED else super().part(name)


def _files(folder: Path) -> Iterator[Path]:
    """Files below a folder, in order of their paths, hidden ones and what is in hidden folders aside."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror or error}") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files(entry)
        else:
            yield entry


def _refuse_doubles(paths: list[str]) -> None:
    seen: dict[Path, str] = {}
    for path in paths:
        whole = Path(path).resolve()
        if whole in seen:
            also = f", also as {seen[whole]}" if seen[whole] != path else ""
            raise BadInput(f"{path}: given twice{also}; requests could not tell the two apart")
        seen[whole] = path
