"""Check: a frozen graph was renamed to saved_model.pb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import loads

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A frozen graph was renamed to saved_model.pb",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/tensorflow/tensorflow/issues/29543",
    symptoms=(
        r"Could not find meta graph def matching supplied tags: \{ serve \}",
        r"there are 0 MetaGraphs in the SavedModel",
    ),
    explains=("savedmodel-no-serving-signature",),
)
def savedmodel_frozen_graph(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    A frozen graph (GraphDef) and a SavedModel both end in .pb, and are different messages.

    Renaming frozen_inference_graph.pb doesn't make a SavedModel of it: it has no MetaGraph, no tags and no signature.
    Import the graph and save it again with a signature.
    """
    if any(handler.calls("*.ParseFromString", "*.import_graph_def", "*.FromString")):
        return  # the handler reads it as what it is
    for load in loads(models, handler):
        if load.facts.frozen:
            yield Finding(
                message=f"{load.file.path} is a frozen graph (GraphDef) of {len(load.facts.operators)} operators, "
                "no SavedModel: it has no MetaGraph to load",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", "begins with a node of a GraphDef; 0 MetaGraphs"),
                    *load.evidence,
                ),
                fix="tf.compat.v1.saved_model.simple_save(session, folder, inputs={...}, outputs={...}) after "
                'tf.compat.v1.import_graph_def(graph_def, name="")',
                log="Could not find meta graph def matching supplied tags: { serve }.",
                cause=f"artifact:{load.file.path}",
            )
