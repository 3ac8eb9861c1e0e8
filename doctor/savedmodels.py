"""Which SavedModels are loaded, by the handler or by TensorFlow Serving, and which operators TensorFlow has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.savedmodel import SavedModel
from doctor.model import Evidence, Likelihood, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Call, Handler, Opened
    from doctor.models import Models

_LOADS = "tensorflow.saved_model.load"
_KERAS = r"(tensorflow\.)?keras\.(models|saving)\.load_model"


class Load(NamedTuple):
    """
    A SavedModel that is loaded.

    ``call`` is the handler's, None where a server does it by its own rules. ``likelihood`` is certain where the call
    names the folder.
    """

    file: ModelFile
    facts: SavedModel
    likelihood: Likelihood
    call: Call | None
    evidence: tuple[Evidence, ...]  # the handler's line, where there is one

    @property
    def folder(self) -> str:
        """The folder of the SavedModel in the artifact, "" for the root."""
        return folder_of(self.file.path)

    @property
    def by_keras(self) -> bool:
        """Whether ``load_model`` loads it."""
        return self.call is not None and bool(re.fullmatch(_KERAS, self.call.name))


def folder_of(path: str) -> str:
    """Return the folder of a file, "" for the root."""
    return path.rpartition("/")[0]


def numbered(path: str) -> bool:
    """Say whether TensorFlow Serving's container finds a file: ``saved_model.pb`` in a folder named by digits."""
    parts = path.split("/")
    return len(parts) > 1 and parts[-1] == "saved_model.pb" and re.fullmatch(r"\d+", parts[-2]) is not None


def in_python(models: Models, handler: Handler) -> Iterator[Load]:
    """Yield the SavedModels that the handler loads."""
    opened = list(_opened(handler))
    for file, facts in models.of(SavedModel):
        folder = folder_of(file.path)
        for one in opened:
            sure = _names(folder, one.path, one.text)
            if sure is not None:
                yield Load(file, facts, sure, one.call, (handler.seen(one.call.path, one.call.line),))


def loaded_folders(handler: Handler) -> set[str]:
    """Return the folders that the handler surely loads a SavedModel from."""
    return {one.path for one in _opened(handler) if one.path is not None}


def _opened(handler: Handler) -> Iterator[Opened]:
    return (o for o in handler.opened() if o.call.name == _LOADS or re.fullmatch(_KERAS, o.call.name))


def _names(folder: str, path: str | None, text: str | None) -> Likelihood | None:
    if path is not None:
        return Likelihood.CERTAIN if path == folder else None
    if text is None:
        return Likelihood.LIKELY
    return Likelihood.LIKELY if folder and text.strip("./").endswith(folder) else None


def loads(models: Models, handler: Handler) -> Iterator[Load]:
    """Yield the SavedModels that are loaded: by the handler; where it loads none, those that a server would find."""
    found = list(in_python(models, handler))
    if found:
        yield from {one.file.path: one for one in reversed(found)}.values()
        return
    files = list(models.of(SavedModel))
    for file, facts in files:
        if numbered(file.path) or (len(files) == 1 and not handler):
            yield Load(file, facts, Likelihood.LIKELY, None, ())


def tensorflow(serving: Environment) -> tuple[Version, Evidence] | None:
    """Return the TensorFlow of an environment, None where it surely has none; Unknown where nothing says."""
    for distribution in load("tensorflow_operators")["distributions"]:
        if distribution in serving.packages:
            version = serving.version(distribution)
            return (version, serving.evidence(distribution)) if version else None
    if not serving.complete:
        raise Unknown(f"{serving.source} doesn't say which TensorFlow is there")
    return None


class Lifetime(NamedTuple):
    """
    In which measured versions of TensorFlow an operator is.

    It is in all from ``first`` to ``last`` (None: still there), and in none up to ``before`` and from ``after`` on.
    """

    before: str | None
    first: str
    last: str | None
    after: str | None


def lifetime(operator: str) -> Lifetime | None:
    """Return where TensorFlow has an operator; None for one that no measured version has."""
    return _lifetimes().get(operator)


@cache
def _lifetimes() -> dict[str, Lifetime]:
    data = load("tensorflow_operators")
    versions = data["versions"]
    last = {name: version for version, names in data["until"].items() for name in names.split()}
    known = {}
    for first, names in data["since"].items():
        at = versions.index(first)
        before = versions[at - 1] if at else None
        for name in names.split():
            end = last.get(name)
            known[name] = Lifetime(before, first, end, versions[versions.index(end) + 1] if end else None)
    return known


def has(version: Version, operator: str) -> bool | None:
    """Say whether a TensorFlow has an operator: True, False, or None where that is not measured."""
    from packaging.version import Version  # here, for its 4 ms

    known = lifetime(operator)
    if known is None:
        return False if version <= Version(load("tensorflow_operators")["versions"][-1]) else None
    if version < Version(known.first):
        return False if known.before and version <= Version(known.before) else None
    if known.last is None or version <= Version(known.last):
        return True
    return False if known.after and version >= Version(known.after) else None


def package_of(operator: str) -> tuple[str, str] | None:
    """Return the distribution and the module that register an operator which isn't TensorFlow's own, or None."""
    for distribution, row in load("tensorflow_operators")["packages"].items():
        named = any(operator in names.split() for names in row["operators"].values())
        if named or operator.startswith(row["prefix"]):
            return distribution, row["module"]
    return None


def label_of(folder: str) -> str:
    """Return a folder as messages write it: "the root of the archive" for "" ."""
    return f"{folder}/" if folder else "the root of the archive"
