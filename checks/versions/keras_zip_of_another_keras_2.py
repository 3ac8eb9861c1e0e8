"""Check: a .keras file of one Keras 2 that another can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.keras_serving import Loaded
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A .keras file of another Keras 2, whose layout differs",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/keras/serialization_and_saving",
    symptoms=(
        r"Layer '\w+' expected \d+ variables, but received 0 variables during loading",
        r"Unable to (synchronously )?open file \(file signature not found\)",
    ),
)
def keras_zip_of_another_keras_2(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding | Unknown]:
    """
    Keras 2.15 lays out the weights in .keras files otherwise than 2.13 and 2.14: neither reads the other's.

    TensorFlow 2.11 and earlier don't know the format at all. Serve with the TensorFlow that trained, or save the model
    as model.h5, which all of them read.
    """
    from doctor.keras_rules import by_keras_2
    from doctor.keras_serving import loaded, writer

    for load in loaded(models, handler, serving, target):
        there = load.reader.version
        if load.file.format != "keras" or not load.facts.version.startswith("2.") or load.reader.major != 2:
            continue
        if there is None:
            continue
        by, to = (f"{v.major}.{v.minor}" for v in (writer(load.facts), there))
        found = by_keras_2(load.facts, there, load.reader.distribution) or _layout(load, by, to)
        if isinstance(found, Unknown):
            yield found
        elif found:
            yield _finding(load, by, found)


def _finding(load: Loaded, by: str, log: str) -> Finding:
    return Finding(
        message=f"{load.file.path} was saved by Keras {load.facts.version} in a layout that {load.reader.said} "
        "doesn't read",
        evidence=(Evidence(f"artifact:{load.file.path}", f"saved by Keras {load.facts.version}"), *load.evidence),
        fix=f"tensorflow=={by}.* in the image, or in training: model.save('model.h5')",
        likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
        log=log,
        cause=f"artifact:{load.file.path}",
    )


def _layout(load: Loaded, by: str, to: str) -> str | Unknown:
    """Return what the reader says where it lays out weights otherwise, "" where it doesn't."""
    rules = facts("keras")["keras_2"]["zip"]
    one, other = _group(by, rules["layouts"]), _group(to, rules["layouts"])
    kinds = [x.class_name for x in load.facts.layers[1:]]
    if one is None or other is None:
        return Unknown(f"whether Keras {to} reads a .keras file of {load.facts.version} was not measured")
    if one == other:
        # The names in the file count the layers of a kind, and versions count otherwise.
        same = by == to or len(kinds) == len(set(kinds))
        return "" if same else Unknown(f"Keras {to} reads some .keras files of {by} with layers of one kind")
    if "TextVectorization" in kinds:
        return str(rules["text_log"])
    return str(rules["layout_log"]) if any("vars" in t.name for t in load.file.tensors) else ""


def _group(version: str, layouts: list[list[str]]) -> int | None:
    """Return which layout a version has; between two measured ones that agree it has theirs."""
    from packaging.version import Version

    there = Version(version)
    return next((at for at, (first, last) in enumerate(layouts) if Version(first) <= there <= Version(last)), None)
