"""Check: a file of weights alone that load_model is to load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A file of weights alone is loaded as a model",
    fault="not-a-full-model",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://keras.io/api/models/model_saving_apis/weights_saving_and_loading/",
    symptoms=(r"No model config found in the file at", r"Cannot parse keras metadata"),
)
def keras_weights_loaded_as_model(
    models: Models, handler: Handler, serving: Environment, target: Target
) -> Iterator[Finding]:
    """
    The file is what save_weights wrote: arrays without the architecture, which load_model needs.

    Save the model with ``model.save("model.keras")``, or build it in code and call ``model.load_weights(path)``.
    """
    from doctor.keras_serving import loaded

    for load in loaded(models, handler, serving, target):
        if load.facts.holds != "weights" or load.use.load is None or not load.use.sure:
            continue
        yield Finding(
            message=f"{load.file.path} holds weights alone ({len(load.file.tensors)} arrays, no architecture), and "
            "load_model needs a whole model",
            evidence=(Evidence(f"artifact:{load.file.path}", "no model_config in it"), *load.evidence),
            fix=f"model = build_model()  # as in training\nmodel.load_weights({load.file.path!r})",
            likelihood=Likelihood.CERTAIN,
            log=f"ValueError: No model config found in the file at /opt/ml/model/{load.file.path}.",
            cause=f"artifact:{load.file.path}",
        )
