"""Check: a .keras file of one Keras 2 that another can't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
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
    from packaging.version import Version

    from doctor.keras_serving import loaded, writer

    rules = facts("keras")["keras_2"]["zip"]
    for load in loaded(models, handler, serving, target):
        there = load.reader.version
        if load.file.format != "keras" or not load.facts.version.startswith("2.") or load.reader.major != 2:
            continue
        if there is None or not any("kernel" in t.name or "vars" in t.name for t in load.file.tensors):
            continue
        by, to = (f"{v.major}.{v.minor}" for v in (writer(load.facts), there))
        layout = {v: at for at, group in enumerate(rules["layouts"]) for v in group}
        if there < Version(rules["zip_since"]):
            log = rules["zip_log"]
        elif by == to or (by in layout and layout.get(by) == layout.get(to)):
            kinds = [x.class_name for x in load.facts.layers[1:]]
            if by != to and len(kinds) > len(set(kinds)):  # their names in the file differ
                yield Unknown(f"Keras {there} reads some .keras files of {load.facts.version} with layers of one kind")
            continue
        elif {by, to} <= layout.keys():
            log = _filled(rules["layout_log"], [t.name for t in load.file.tensors])
        else:
            yield Unknown(f"whether Keras {there} reads a .keras file of {load.facts.version} was not measured")
            continue
        yield Finding(
            message=f"{load.file.path} was saved by Keras {load.facts.version} in a layout that {load.reader.said} "
            "doesn't read",
            evidence=(Evidence(f"artifact:{load.file.path}", f"saved by Keras {load.facts.version}"), *load.evidence),
            fix=f"tensorflow=={by}.* in the image, or in training: model.save('model.h5')",
            likelihood=Likelihood.CERTAIN if load.use.sure else Likelihood.LIKELY,
            log=log,
            cause=f"artifact:{load.file.path}",
        )


def _filled(log: str, tensors: list[str]) -> str:
    """Name the first layer that has weights, as ``layers/dense/vars/0`` does."""
    layer = tensors[0].rsplit("/", 2)[0]
    return log.format(layer=layer.rpartition("/")[2], count=sum(t.startswith(f"{layer}/") for t in tensors))
