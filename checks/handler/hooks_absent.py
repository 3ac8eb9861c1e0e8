"""Check: the stack finds no function that it calls in the script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.formats.source import Script
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="The script has none of the functions that the stack needs",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#serve-a-pytorch-model",
    symptoms=(
        r"NotImplementedError: .*Please provide a (model|predict)_fn implementation",
        r"Handlers are not implemented correctly in user script",
        r"Please ensure model is saved using torchscript",
        r"Exactly one \.pth or \.pt file is required for PyTorch models",
    ),
    explains=("hook-misspelt", "model-loaded-at-import", "default-handler-needs-torchscript"),
)
def hooks_absent(handler: Handler, stack: str, models: Models, target: Target) -> Iterator[Finding | Unknown]:
    """
    The serving stack imports the script and looks up functions by name; others it never calls.

    scikit-learn and XGBoost need model_fn; PyTorch needs it unless the archive holds one TorchScript file; TensorFlow
    Serving needs handler, or input_handler and output_handler. A function of any other name, such as
    inference_handler, is never called.
    """
    entry = handler.entry
    rule = _RULES.get(stack)
    if entry is None or rule is None or entry.error is not None:
        return
    if stack == "xgboost" and "SAGEMAKER_PROGRAM" not in target.variables:
        return
    missing = rule(handler, models)
    if isinstance(missing, Unknown):
        yield missing
    elif missing:
        needed, log = missing
        own = [f.name for f in entry.functions.values() if not f.owner and "." not in f.qualname]
        has = f"defines {', '.join(own[:6])}" if own else "defines no function"
        first = needed.partition(",")[0]
        yield Finding(
            message=f"{entry.path} {has}; the {stack} stack calls {needed}",
            evidence=(_shown(handler, entry),),
            fix=f"def {first}({load('handler_contracts')['parameters'][first]}):",
            likelihood=Likelihood.LIKELY if _imports_first(handler) else Likelihood.CERTAIN,
            log=log,
            cause=f"artifact:{entry.path}:hooks",
        )


def _imports_first(handler: Handler) -> bool:
    """Say whether importing the script loads a model: where that fails, the stack doesn't get to look for functions."""
    return any(c.at_import for c in handler.calls(*load("handler_contracts")["model_loaders"]))


def _shown(handler: Handler, entry: Script) -> Evidence:
    first = next((f for f in entry.functions.values() if not f.owner), None)
    return handler.seen(entry.path, first.line if first else 1)


def _model_fn(handler: Handler, _models: Models) -> tuple[str, str] | Unknown | None:
    defined = handler.defines("model_fn")
    if defined is None:
        return Unknown("whether the script defines model_fn can't be seen: it makes names while it runs")
    return None if defined else ("model_fn", "NotImplementedError: Please provide a model_fn implementation.")


def _pytorch(handler: Handler, models: Models) -> tuple[str, str] | Unknown | None:
    missing = _model_fn(handler, models)
    if not isinstance(missing, tuple):
        return missing
    files = [f for f in models.files if "/" not in f.path and f.path.endswith((".pt", ".pth"))]
    chosen = next((f for f in files if f.path == "model.pt"), files[0] if len(files) == 1 else None)
    if chosen is None:
        names = [f.path for f in files]
        broken = any(p.endswith((".pt", ".pth")) and "/" not in p for p in models.broken)
        said = f"ValueError: Exactly one .pth or .pt file is required for PyTorch models: {names}"
        return (
            Unknown("a .pt file that can't be read stands where the default model_fn looks")
            if broken
            else ("model_fn", said)
        )
    if chosen.format not in {"torch-zip", "torch-legacy"}:
        return None
    said = f"Failed to load /opt/ml/model/{chosen.path}. Please ensure model is saved using torchscript."
    return "model_fn", f"ModelLoadError: {said}"


def _tensorflow(handler: Handler, _models: Models) -> tuple[str, str] | Unknown | None:
    whole, parts = handler.defines("handler"), [handler.defines("input_handler"), handler.defines("output_handler")]
    if whole or all(parts):
        return None
    if None in {whole, *parts}:
        return Unknown("whether the script defines handler can't be seen: it makes names while it runs")
    return "handler, or input_handler and output_handler", (
        "NotImplementedError: Handlers are not implemented correctly in user script."
    )


_RULES = {"sklearn": _model_fn, "xgboost": _model_fn, "pytorch": _pytorch, "tensorflow-serving": _tensorflow}
