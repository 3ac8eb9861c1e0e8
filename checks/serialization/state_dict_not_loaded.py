"""Check: a state dict is used as if it were the model."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import TORCH_LOAD, only, seen

if TYPE_CHECKING:
    from doctor.handler import Call, Handler
    from doctor.models import Models

_METHODS = (
    "eval",
    "to",
    "cpu",
    "cuda",
    "half",
    "float",
    "train",
    "forward",
    "parameters",
    "state_dict",
    "load_state_dict",
)
_ASKS = {"isinstance", "hasattr", "callable", "type"}


@check(
    title="A state dict is used as if it were the model",
    fault="state-dict-keys",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html",
    symptoms=(
        r"'(collections\.)?OrderedDict' object has no attribute '(eval|to|cpu|cuda|train|forward|parameters)'",
        r"'(collections\.)?OrderedDict' object is not callable",
        r"'dict' object has no attribute '(eval|to|cpu|cuda|train|forward|parameters)'",
    ),
)
def state_dict_not_loaded(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    A state dict is a dictionary of weights, and a checkpoint a dictionary around one; neither is a model.

    ``torch.load`` returns what was saved. Where that was ``model.state_dict()``, build the model first and load the
    weights into it: ``model = Net(); model.load_state_dict(torch.load(path, map_location="cpu")); model.eval()``.
    """
    load = only(handler, models, TORCH_LOAD)
    facts = load.file.facts if load else None
    if load is None or not isinstance(facts, TorchSave) or facts.layout not in {"state-dict", "checkpoint"}:
        return
    for call in _uses(handler):
        if call.certain and not call.caught and not _asked(call):
            yield _finding(handler, load.file.path, facts, call, seen(handler, load.call))
            return


def _uses(handler: Handler) -> Iterator[Call]:
    """Yield the calls of what torch.load returned, and of the methods of modules on it."""
    names = [f"{n}()" for n in TORCH_LOAD]
    return handler.calls(*names, *(f"{n}.{m}" for n in names for m in _METHODS))


def _asked(call: Call) -> bool:
    """Say whether the function asks what it has before it uses it."""
    within = call.function.node if call.function else None
    if within is None:
        return False
    return any(isinstance(n, ast.Name) and n.id in _ASKS for n in ast.walk(within))


def _finding(handler: Handler, path: str, facts: TorchSave, call: Call, loaded: Evidence) -> Finding:
    method = call.name.rpartition(").")[2] if ")." in call.name else ""
    kind = "collections.OrderedDict" if facts.layout == "state-dict" else "dict"
    log = (
        f"AttributeError: '{kind}' object has no attribute '{method}'"
        if method
        else f"TypeError: '{kind}' object is not callable"
    )
    keys = ", ".join(repr(k) for k in facts.keys[:4])
    key = f"[{facts.weights!r}]" if facts.weights else ""
    return Finding(
        message=f"{path} holds a {facts.layout}, which {handler.line(call.path, call.line)!r} uses as a model",
        evidence=(
            seen(handler, call),
            loaded,
            Evidence(f"artifact:{path}", f"a {facts.layout} of {len(facts.keys)} keys: {keys}"),
        ),
        fix=f"model = YourModel(); model.load_state_dict(torch.load(path, map_location='cpu'){key}); model.eval()",
        log=log,
        cause=f"artifact:{path}/state-dict",
    )
