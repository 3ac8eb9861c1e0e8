"""The step "round-trip": the model saved again in its framework's own way, loaded, and held against itself."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from doctor.trials.probe import arrays, constructed, failures, frameworks, imported, keys
from doctor.trials.probe.chain import Chain
from doctor.trials.probe.frameworks import pickled

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.frameworks.base import Adapter
    from doctor.trials.probe.request import Request

_MOST = 20
_ROOM = 1.3  # of the arrays' size: what a file has beside them


def run(request: Request, channel: Channel) -> dict[str, Any]:
    """
    Return what came of saving and loading again, for the first model that the handler loads.

    What the handler itself raises ends the step, as it does the step "load"; NotTried where no framework is known that
    could save what it returned. Phases: "import", "load", then "save", "reload", "compare", "call"::

        framework, framework_version
        type            dotted class of the model
        place           where it is in what the handler returned, "" where it is that
        way             "joblib.dump", "save_pretrained", "torch.save of the state dict, ..."
        bytes           of what was written
        parameters      how many arrays and values were compared bit for bit
        differ          those that differ: {"name", "before", "after"}, at most 20; dtype, shape and the start of a hash
        differing       how many do
        outputs         {"equal": bool, "difference": words, "input": where it is from}, or the reason why they weren't
                        compared, as text
        failure         as a failure is told, with phase "save", "reload" or "compare"; None
        others          the same for further models in what the handler returned
        missing         parameters that no load has filled (see the step "load")
        matters         whether the model answers otherwise when those are changed; None where that can't be told
    """
    imported.after("torch.nn.modules.module", constructed.record)
    seen = keys.Seen()
    seen.watch()
    loaded = Chain(request, channel).load()
    missing, tensors = [key for load in seen.left_out() for key in load["missing"]], seen.tensors()
    found = list(frameworks.parts(loaded)) or _pickled(loaded, request)
    if not found:
        raise failures.NotTried(f"nothing knows how to save a {failures.type_name(type(loaded))} again")
    _refuse_what_has_no_room(found)
    trips = [_Trip(request, channel, *part).told() for part in found[:_MOST]]
    trips[0]["others"] = trips[1:]
    trips[0]["missing"] = missing
    trips[0]["matters"] = _matters(found[0][1], tensors, request, channel) if tensors else None
    return trips[0]


def _refuse_what_has_no_room(found: list[tuple[str, Any, Adapter]]) -> None:
    needed = max(adapter.size(model)[1] for _, model, adapter in found)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if needed * _ROOM > free:
        raise failures.NotTried(f"its {needed >> 20} MiB of arrays don't fit into the {free >> 20} MiB that are free")


def _matters(model: Any, tensors: list[Any], request: Request, channel: Channel) -> bool | None:
    """Say whether a model answers otherwise when some of its parameters are changed."""
    channel.phase("call")
    module = model.model if hasattr(model, "task") and hasattr(model, "model") else model
    try:
        held = {tensor.data_ptr() for tensor in module.parameters()} | {t.data_ptr() for t in module.buffers()}
        if not all(tensor.data_ptr() in held for tensor in tensors):
            return None
        ask = _asked(model, request)[0]
        first = ask(model)
        if arrays.difference(first, ask(model)):
            return None
        for tensor in tensors:
            tensor.detach().normal_()  # not the same for all: what follows may ignore a shift
        return _all_changed(arrays.leaves(first), arrays.leaves(ask(model)))
    except Exception:
        return None


def _all_changed(before: list[Any], after: list[Any]) -> bool | None:
    """Say whether all parts of an answer are others; None where only some are: a handler may use those that aren't."""
    changed = [bool(arrays.difference_of_leaves([one], [other], None, None)) for one, other in zip(before, after)]
    return None if any(changed) and not all(changed) else any(changed)


def _asked(model: Any, request: Request) -> tuple[Callable[[Any], Any], str]:
    """Return what asks a model, always with the same input, and where that input is from."""
    calling: Any = importlib.import_module("doctor.trials.probe.calling")
    inputs: Any = importlib.import_module("doctor.trials.probe.inputs")
    signature = inputs.discover(model, request)
    fixed = {i.shape[i.batch] for i in signature.inputs if 0 <= i.batch < len(i.shape) and i.shape[i.batch]}
    example = inputs.example(signature, fixed.pop() if len(fixed) == 1 else 1)
    return lambda asked: calling.call(asked, example), str(signature.source)


def _pickled(loaded: Any, request: Request) -> list[tuple[str, Any, Adapter]]:
    """Return what no framework made, where the artifact itself holds it pickled."""
    if not any(file.get("format") in ("pickle", "joblib") for file in request.models):
        return []
    return [("", loaded, pickled.Pickled())]


class _Trip:
    """One model on its way out and back."""

    def __init__(self, request: Request, channel: Channel, place: str, model: Any, adapter: Adapter) -> None:
        self._request = request
        self._channel = channel
        self._model = model
        self._adapter = adapter
        self._said: dict[str, Any] = {
            "framework": adapter.name,
            "framework_version": adapter.version(),
            "type": failures.type_name(type(model)),
            "place": place,
            "outputs": "not compared: the model couldn't be saved and loaded again",
            "failure": None,
        }

    def told(self) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                self._go(folder)
            except Exception as error:
                phase, home = self._channel.doing, self._request.model_dir
                self._said["failure"] = failures.described(error, phase, home)
        self._said["way"] = self._adapter.way
        return self._said

    def _go(self, folder: str) -> None:
        self._channel.phase("compare")
        before = self._parameters(self._model)  # first: saving must not change them
        self._channel.phase("save")
        self._adapter.save(self._model, folder)
        self._said["bytes"] = _size(folder)
        self._channel.phase("reload")
        again = self._adapter.reload(self._model, folder)
        self._channel.phase("compare")
        self._compare(before, self._parameters(again))
        self._channel.phase("call")
        self._said["outputs"] = self._outputs(again)

    def _parameters(self, model: Any) -> dict[str, Any]:
        return {p.name: p for p in self._adapter.parameters(model)}

    def _compare(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        names = [*before, *(name for name in after if name not in before)]
        differ = [name for name in names if before.get(name) != after.get(name)]
        self._said["parameters"] = len(names)
        self._said["differing"] = len(differ)
        self._said["differ"] = [
            {"name": name, "before": _short(before.get(name)), "after": _short(after.get(name))}
            for name in differ[:_MOST]
        ]

    def _outputs(self, again: Any) -> Any:
        try:
            ask, source = _asked(self._model, self._request)
            first, second = ask(self._model), ask(self._model)
        except Exception as error:
            return "not compared: no input could be made that the model takes: {}".format(failures.line_of(error))
        unlike = arrays.difference(first, second)
        if unlike:
            return f"not compared: the same model answers the same input differently ({unlike})"
        try:
            unlike = arrays.difference(first, ask(again))
        except Exception as error:
            return {"equal": False, "difference": failures.line_of(error), "input": source}
        return {"equal": not unlike, "difference": unlike, "input": source}


def _short(parameter: Any) -> str:
    if parameter is None:
        return "absent"
    return "{} {} {}".format(parameter.dtype, list(parameter.shape), parameter.digest[:12])


def _size(folder: str) -> int:
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)
