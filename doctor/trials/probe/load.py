"""The step "load": the handler imported and the model loaded, as the serving stack does both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.trials.probe import failures, frameworks, modes, variables
from doctor.trials.probe.chain import Chain
from doctor.trials.probe.keys import Seen

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request


def run(request: Request, channel: Channel) -> dict[str, Any]:
    """
    Return what was loaded, and what was said while it was.

    The phases are "import", then "load", or "load-file" where only the file's format tells how it is loaded, then
    "describe". What the handler or a library raises ends the step; of what is told here all is optional but the first
    two::

        how             "model_fn of code/inference.py", "default_model_fn of sagemaker-pytorch-inference 2.0.25"
        type            dotted class of what was returned
        framework       "torch", "scikit-learn", ... "" where no model of a known framework is in it
        framework_version
        parameters      how many arrays or values it holds
        bytes           of its arrays
        training        whether a torch model was left in training mode; None for other frameworks
        differs         its layers that training mode changes: {"name", "class"}, at most 20
        gradients       how many of its parameters ask for a gradient; None for other frameworks
        models          for what holds models rather than being one: place, type, framework of each
        keys            what loads left out and nothing filled since: {"by", "class", "missing", "unexpected"} each
        missing         all missing keys of those, and those of another shape
        unexpected      all unexpected ones
        logged          what libraries logged from WARNING on: {"logger", "level", "message"}
        undescribed     why the rest isn't told
    """
    variables.watch(channel.send, request.model_dir)
    seen = Seen()
    seen.watch()
    chain = Chain(request, channel)
    model = chain.load()
    told: dict[str, Any] = {"how": chain.how, "type": failures.type_name(type(model))}
    told.update(_left_out(seen))
    channel.phase("describe")
    try:
        told.update(_described(model))
    except Exception as error:
        told["undescribed"] = failures.line_of(error)
    return told


def _left_out(seen: Seen) -> dict[str, Any]:
    keys = seen.left_out()
    return {
        "keys": keys,
        "missing": [key for load in keys for key in load["missing"]],
        "unexpected": [key for load in keys for key in load["unexpected"]],
        "logged": seen.logged,
    }


def _described(loaded: Any) -> dict[str, Any]:
    found = list(frameworks.parts(loaded))
    if not found:
        return {"framework": ""}
    _, model, adapter = found[0]
    told: dict[str, Any] = {"framework": adapter.name, "framework_version": adapter.version()}
    told.update(_modes(loaded))
    if found[0][0]:
        told["models"] = [
            {"place": place, "type": failures.type_name(type(part)), "framework": its.name}
            for place, part, its in found
        ]
    told["parameters"], told["bytes"] = adapter.size(model)
    return told


def _modes(loaded: Any) -> dict[str, Any]:
    """Return whether torch models are in training mode, with the layers that make a difference there."""
    found = modes.modules(loaded)
    if not found:
        return {"training": None, "gradients": None}
    return {
        "training": any(bool(m.training) for m in found),
        "differs": [{"name": n, "class": modes.class_of(layer)} for n, layer in modes.in_training(loaded)[:20]],
        "gradients": sum(1 for m in found for _, parameter in m.named_parameters() if parameter.requires_grad),
    }
