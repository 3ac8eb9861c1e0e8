"""Check: torch.load refuses what the file holds, because it loads weights only since PyTorch 2.6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check
from doctor.torchloads import TORCH_LOAD, Load, admitted, loads, passed, seen

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="PyTorch refuses what the file holds besides weights",
    fault="torch-weights-only",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/sktime/pytorch-forecasting/issues/1998",
    symptoms=(
        r"Weights only load failed",
        r"WeightsUnpickler error: Unsupported (global|operand|class)",
    ),
    explains=("whole-module-by-reference",),
)
def weights_only_refuses(models: Models, handler: Handler, serving: Environment, target: Target) -> Iterator[Finding]:
    """
    Since PyTorch 2.6 torch.load takes tensors and plain containers only, unless told ``weights_only=False``.

    A whole nn.Module, a NumPy number beside the weights (a logged metric is enough) or an object of your own makes it
    refuse the file. Save the state dict alone and load that: it works in every version. Where you trust the file,
    ``weights_only=False`` loads it as before, and runs what it says; ``torch.serialization.add_safe_globals`` admits
    single classes.
    """
    for load in loads(handler, models, TORCH_LOAD):
        only = passed(load.call, -1, "weights_only")
        if only is None and passed(load.call, 2, "pickle_module") is not None:
            continue
        if load.file.format == "torchscript" or not (only is True or only is None) or _admitted(handler, target):
            continue
        refused = _refused(load, serving) if _by_default(serving, explicit=only is True) else []
        if refused:
            yield _finding(handler, load, serving, refused)


def _by_default(serving: Environment, *, explicit: bool) -> bool:
    torch = serving.version("torch")
    since = facts("torch_weights_only")["parameter_since" if explicit else "default_since"]
    return torch is not None and torch.release[:2] >= tuple(int(n) for n in since.split("."))


def _admitted(handler: Handler, target: Target) -> bool:
    """Say whether the handler or the endpoint changes what is admitted."""
    if any("safe_globals" in s.text or "WEIGHTS_ONLY" in s.text for s in handler.scripts.values()):
        return True
    return any("WEIGHTS_ONLY" in name for name in target.variables)


def _refused(load: Load, serving: Environment) -> list[str]:
    """Return what is refused: names, or the protocol where the refusal comes before any name."""
    table = facts("torch_weights_only")
    if not hasattr(load.file.facts, "protocol"):
        return []  # no pickle: another check's business
    torch = serving.version("torch")
    if torch is None:
        return []
    if load.file.facts.protocol > table["highest_protocol"]:
        return [f"pickle protocol {load.file.facts.protocol}"]
    if torch.release[:2] == (1, 13) and load.file.facts.optimizer:
        return [_NUMBERS]
    allowed, registered = admitted(torch), tuple(table["registered_by_import"])
    names = [str(s) for s in load.file.symbols]
    return [n for n in names if n not in allowed and not n.startswith(registered)]


def _finding(handler: Handler, load: Load, serving: Environment, refused: list[str]) -> Finding:
    path, torch = load.file.path, serving.packages["torch"]
    shown = ", ".join(refused[:5]) + (f" and {len(refused) - 5} more" if len(refused) > 5 else "")
    return Finding(
        message=f"torch.load of torch {torch} refuses {path}: it holds {shown}",
        evidence=(
            seen(handler, load.call),
            Evidence(f"artifact:{path}", f"names {shown}"),
            serving.evidence("torch"),
        ),
        fix="save and load model.state_dict() alone; or, where you trust the file, torch.load(..., weights_only=False)",
        likelihood=Likelihood.CERTAIN,
        log=_log(refused[0], serving),
        cause=f"artifact:{path}/weights-only",
    )


_NUMBERS = "numbers with a fraction"  # which 1.13 knows no instruction for


def _log(first: str, serving: Environment) -> str:
    table = facts("torch_weights_only")
    begins = "_pickle.UnpicklingError: Weights only load failed. ... WeightsUnpickler error:"
    if first == _NUMBERS or first.startswith("pickle protocol"):
        code = table["number_with_a_fraction"] if first == _NUMBERS else table["first_unsupported_instruction"]
        return f"{begins} Unsupported operand {code}"
    torch = serving.version("torch")
    if torch is not None and torch.release < (2, 4):
        return f"{begins} Unsupported class {_in_python_2(first)}"
    if first.rpartition(".")[0] in table["blocked_modules"]:
        said = f"Trying to load unsupported GLOBAL {first} whose module {first.rpartition('.')[0]} is blocked."
    else:
        name = first.removeprefix("builtins.") if torch is None or torch.release >= (2, 7) else first
        said = f"Unsupported global: GLOBAL {name} was not an allowed global by default."
    return f"{begins} {said}"


def _in_python_2(name: str) -> str:
    """Return a name as pickles of torch.save have it."""
    return f"__builtin__.{name.removeprefix('builtins.')}" if name.startswith("builtins.") else name
