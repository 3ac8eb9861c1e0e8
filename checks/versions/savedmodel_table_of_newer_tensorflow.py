"""Check: a SavedModel with a lookup table that an older TensorFlow can't restore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.savedmodels import in_python, label_of, tensorflow

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A SavedModel with a lookup table was saved by a newer TensorFlow",
    fault="newer-than-image-library",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://www.tensorflow.org/guide/versions",
    symptoms=(r"save_fn\(checkpoint_key\) expected a Tensor in checkpoint_key, but got str value",),
)
def savedmodel_table_of_newer_tensorflow(
    models: Models, handler: Handler, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A layer that looks words up (TextVectorization) keeps a table, whose way into the SavedModel changed after 2.13.

    TensorFlow 2.12 and earlier can't restore the table of a model that 2.15 or later saved. Serve with the TensorFlow
    that saved it, or with TensorFlow Serving.
    """
    from packaging.version import InvalidVersion, Version

    rules = facts("keras")["tables"]
    for load in {one.file.path: one for one in in_python(models, handler)}.values():
        there = tensorflow(serving)
        if there is None or not any(o.name == rules["operator"] for o in load.facts.operators):
            continue
        try:
            wrote = Version(load.facts.tensorflow_version)
        except InvalidVersion:
            continue
        if there[0].release[:2] > Version(rules["until"]).release or wrote <= Version(rules["fine"]):
            continue
        if wrote < Version(rules["since"]):
            yield Unknown(f"whether TensorFlow {there[0]} restores a table of {wrote} was not measured")
            continue
        yield Finding(
            message=f"the SavedModel in {label_of(load.folder)} has a lookup table and was saved by TensorFlow "
            f"{wrote}; TensorFlow {there[0]} can't restore it",
            evidence=(
                Evidence(f"artifact:{load.file.path}", f"{rules['operator']}, written by TensorFlow {wrote}"),
                there[1],
                *load.evidence,
            ),
            fix=f"tensorflow=={wrote.major}.{wrote.minor}.* in the image that serves",
            likelihood=load.likelihood,
            log="TypeError: save_fn(checkpoint_key) expected a Tensor in checkpoint_key, but got str value",
            cause=f"artifact:{load.file.path}",
        )
