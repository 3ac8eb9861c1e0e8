"""Which Keras will load a model of the artifact, by what call, and what the call passes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load as table
from doctor.formats.kinds.keras import KerasFile
from doctor.loading import Use, keras_loads, keyword, uses
from doctor.model import Evidence, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

LEGACY = "TF_USE_LEGACY_KERAS"


class Reader(NamedTuple):
    """
    The Keras that loads.

    Args:
        major: 2 or 3.
        version: None where only the major version is known.
        said: "Keras 3.15.1" or "Keras 3 (tensorflow 2.18.0)".
        evidence: where that was read.
    """

    major: int
    version: Version | None
    said: str
    evidence: Evidence

    @property
    def distribution(self) -> str:
        """What it is called on PyPI: "keras" or "tf-keras"."""
        return "tf-keras" if self.said.startswith("tf-keras") else "keras"


class Loaded(NamedTuple):
    """A Keras file, what it says, how it is loaded and by which Keras."""

    file: ModelFile
    facts: KerasFile
    use: Use
    reader: Reader

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the reader's version and the loading line were seen."""
        return (self.reader.evidence, *((self.use.load.evidence,) if self.use.load else ()))

    def passes(self, name: str, position: int = -1) -> object:
        """Return the constant passed for an argument, None where it isn't, `...` where nobody can see."""
        return keyword(self.use.load, name, position) if self.use.load else ...

    @property
    def compiles(self) -> bool | None:
        """Whether the model is compiled as it is loaded: load_model's default. None where nobody can see."""
        given = self.passes("compile", 2)
        return None if given is ... else given is not False


def loaded(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Loaded]:
    """Yield the Keras files of the artifact that load_model opens; Unknown where the serving Keras isn't known."""
    calls = list(keras_loads(handler))
    others = any(f.format == "savedmodel" for f in models.files)
    for file, facts in models.of(KerasFile):
        if facts.holds == "data":
            continue
        found = uses(file.path, calls, handler)
        if not found or (found[0].load is None and others):
            continue  # what serves without code of the artifact's serves the SavedModel
        reader = reader_of(found[0], handler, serving, target)
        if reader is not None:
            yield Loaded(file, facts, found[0], reader)


def reader_of(use: Use, handler: Handler, serving: Environment, target: Target) -> Reader | None:
    """Return the Keras that a call loads with; None where the environment has none."""
    name = use.load.call.name if use.load else ""
    if name.startswith(("tf_keras.", "keras.")):
        return _of(serving, "tf-keras" if name.startswith("tf_keras.") else "keras")
    tensorflow = _version(serving, "tensorflow", "tensorflow-cpu", "tensorflow-gpu", "intel-tensorflow")
    if tensorflow is not None and tensorflow[0].release[:2] < (2, 16):
        return _of_tensorflow(*tensorflow, serving)
    if tensorflow is not None and _legacy(handler, target):
        return _of(serving, "tf-keras")
    if tensorflow is None or serving.packages.get("keras"):
        return _of(serving, "keras")
    return Reader(3, None, f"Keras 3 (tensorflow {tensorflow[0]})", serving.evidence(tensorflow[1]))


def _of(serving: Environment, distribution: str) -> Reader | None:
    found = _version(serving, distribution)
    if found is None:
        return None
    word = "tf-keras" if distribution == "tf-keras" else "Keras"
    return Reader(found[0].major, found[0], f"{word} {found[0]}", serving.evidence(distribution))


def _of_tensorflow(there: Version, distribution: str, serving: Environment) -> Reader:
    from packaging.version import Version

    # Keras 2 has TensorFlow's own minor version.
    keras = Version(f"{there.major}.{there.minor}")
    return Reader(2, keras, f"Keras {keras} (tensorflow {there})", serving.evidence(distribution))


def _version(serving: Environment, *names: str) -> tuple[Version, str] | None:
    there = next((n for n in names if n in serving.packages), names[0])
    found = serving.version(there)
    return (found, there) if found is not None else None


def _legacy(handler: Handler, target: Target) -> bool:
    """Say whether tf.keras is tf-keras: the variable is set for the endpoint, or in the handler."""
    if target.variables.get(LEGACY, "").lower() in {"1", "true"}:
        return True
    return any(LEGACY in line for script in handler.scripts.values() for line in script.lines)


def unmeasured(load: Loaded) -> Unknown | None:
    """Return why nobody can say what a Keras 3 makes of a file: it came before those that were measured."""
    from packaging.version import Version

    first = table("keras")["keras_3"]["measured_from"]
    there = load.reader.version
    if load.reader.major < 3 or there is None or there >= Version(first):
        return None
    return Unknown(
        f"what Keras {there} makes of {load.file.path} was not measured; Keras {first} is the first that was"
    )


def custom_objects(load: Loaded) -> set[str] | None:
    """Return the names that a call registers for loading; None where nobody can see which."""
    if load.use.load is None:
        return None
    given = load.use.load.call.argument(1, "custom_objects")
    if given is None:
        return None if load.use.load.call.hides_arguments else set()
    if isinstance(given, ast.Constant) and given.value is None:
        return set()
    if isinstance(given, ast.Dict) and all(isinstance(k, ast.Constant) for k in given.keys):
        return {str(k.value) for k in given.keys if isinstance(k, ast.Constant)}
    return None


def writer(facts: KerasFile) -> Version:
    """Return the Keras that wrote a file; Unknown where it doesn't say."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(facts.version)
    except InvalidVersion:
        raise Unknown(f"the file gives the version of its Keras as {facts.version!r}") from None
