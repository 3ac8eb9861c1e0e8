"""Check: a SavedModel without a graph that is tagged for serving."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.savedmodels import label_of, loads

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The SavedModel has no graph tagged for serving",
    fault="savedmodel-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/tensorflow/serving/issues/1769",
    symptoms=(r"Could not find meta graph def matching supplied tags: \{ serve \}",),
)
def savedmodel_without_serve_tag(models: Models, handler: Handler, stack: str) -> Iterator[Finding]:
    """
    A SavedModel may hold several graphs, each with tags; TensorFlow Serving loads the one tagged "serve".

    A model written by ``SavedModelBuilder`` with other tags (["train"]) has none. Write it again with
    ``tf.saved_model.SERVING`` among its tags.
    """
    if stack != "tensorflow-serving":
        return
    for load in loads(models, handler):
        tags = load.facts.tags
        if load.call is not None or load.facts.frozen or any("serve" in of for of in tags):
            continue
        said = "; ".join("{" + ", ".join(of) + "}" for of in tags) or "no graph at all"
        yield Finding(
            message=f"the SavedModel in {label_of(load.folder)} has {said}, and TensorFlow Serving loads the graph "
            'that is tagged "serve"',
            evidence=(Evidence(f"artifact:{load.file.path}", f"{len(tags)} MetaGraphs: {said}"),),
            fix="builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING], signature_def_map={...})",
            log="Could not find meta graph def matching supplied tags: { serve }.",
            cause=f"artifact:{load.file.path}",
        )
