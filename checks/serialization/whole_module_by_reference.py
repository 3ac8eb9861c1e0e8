"""Check: a whole nn.Module was saved, and the module of its class is not there when it serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.torchloads import TORCH_LOAD, Load, loads, passed, seen

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.kinds.base import Symbol
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A whole nn.Module was saved, and its class isn't there when it serves",
    fault="pickle-by-reference",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/bentoml/BentoML/issues/612",
    symptoms=(
        r"Can't get attribute '\w+' on <module '__main__'",
        r"ModuleNotFoundError: No module named",
    ),
)
def whole_module_by_reference(
    models: Models, handler: Handler, artifact: Artifact, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    ``torch.save(model, path)`` stores where the class was defined, not the class.

    Loading looks the class up in that module again. A class of a notebook or training script is in ``__main__``, which
    is the server's own program when it serves, even if inference.py has a class of that name. Save
    ``model.state_dict()``, build the model in model_fn and load the state dict into it; or put the class into a module
    of its own in code/, import it from there when you train too, and save again.
    """
    for load in loads(handler, models, TORCH_LOAD):
        facts = load.file.facts
        if not isinstance(facts, TorchSave) or facts.module is None or _mends(handler):
            continue
        for symbol in _outside(load):
            found = _there(symbol, handler, artifact, serving)
            if found is False:
                yield _finding(handler, load, symbol, serving)
                break
            if found is None:
                yield Unknown(f"{load.file.path} names {symbol}, and whether {symbol.module} is there isn't known")


def _outside(load: Load) -> Iterator[Symbol]:
    """Yield one symbol of each module that isn't Python's or PyTorch's."""
    known = set()
    for symbol in load.file.symbols:
        top = symbol.module.split(".")[0]
        if symbol.module not in known and top != "torch" and (top == "__main__" or top not in sys.stdlib_module_names):
            known.add(symbol.module)
            yield symbol


def _mends(handler: Handler) -> bool:
    """Say whether the handler puts names where the pickle looks for them, or loads with a pickle module of its own."""
    texts = [s.text for s in handler.scripts.values()]
    mended = any("sys.modules" in t or "import __main__" in t for t in texts)
    return mended or any(passed(c, 2, "pickle_module") is not None for c in handler.calls(*TORCH_LOAD))


def _there(symbol: Symbol, handler: Handler, artifact: Artifact, serving: Environment) -> bool | None:
    if symbol.module == "__main__":
        return False
    top = symbol.module.split(".")[0]
    for folder in {_folder(handler), "code", "code/lib", ""}:
        base = f"{folder}/{top}" if folder else top
        if f"{base}.py" in artifact or artifact.has_folder(base):
            return True
    return serving.finds(symbol.module)


def _folder(handler: Handler) -> str:
    return handler.entry.path.rpartition("/")[0] if handler.entry else ""


def _finding(handler: Handler, load: Load, symbol: Symbol, serving: Environment) -> Finding:
    path = load.file.path
    if symbol.module == "__main__":
        log = f"AttributeError: Can't get attribute '{symbol.name}' on <module '__main__' from"
        where = "the training script's __main__, which is the server's program when it serves"
        absent = Evidence(f"artifact:{path}", "the module __main__ is the program that runs")
    else:
        log = f"ModuleNotFoundError: No module named '{symbol.module.split('.')[0]}'"
        where = f"the module {symbol.module}, which is neither in code/ nor in {serving.source}"
        absent = Evidence(f"serving:module/{symbol.module}", f"absent ({serving.source})")
    return Finding(
        message=f"{path} is a whole nn.Module whose class {symbol.name} is in {where}",
        evidence=(seen(handler, load.call), Evidence(f"artifact:{path}", f"names {symbol}"), absent),
        fix=(
            "torch.save(model.state_dict(), path) when you train; in model_fn: "
            f"model = {symbol.name}(...); model.load_state_dict(torch.load(path, map_location='cpu'))"
        ),
        log=log,
        cause=f"artifact:{path}/{symbol.module}",
    )
