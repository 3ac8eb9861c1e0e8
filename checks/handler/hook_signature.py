"""Check: a hook takes another number of parameters than the stack passes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.source import Function
    from doctor.handler import Handler

_KEEP = {"torch.no_grad", "torch.no_grad()", "torch.inference_mode", "torch.inference_mode()", "functools.lru_cache()",
         "functools.lru_cache", "functools.cache"}  # fmt: skip


@check(
    title="A function of the handler takes another number of parameters than it is called with",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-inference-toolkit/blob/v1.10.1/src/sagemaker_inference/transformer.py",
    symptoms=(
        r"TypeError: \w+ takes \d+ arguments but \d+ were given",
        r"TypeError: \w+ definition takes \d+ or \d+ arguments but \d+ were given",
        r"TypeError: (model|input|predict|output|transform)_fn\(\) (takes|missing) ",
        r"TypeError: (input_|output_)?handler\(\) (takes|missing) ",
    ),
)
def hook_signature(handler: Handler, stack: str, serving: Environment) -> Iterator[Finding]:
    """
    The serving stack calls the handler's functions with a fixed number of arguments.

    model_fn(model_dir), input_fn(data, content_type), predict_fn(data, model), output_fn(prediction, accept),
    transform_fn(model, data, content_type, accept); newer toolkits accept one parameter more, the context. They count
    parameters: those with a default, ``*args`` and ``**kwargs`` count as one each. Older ones just call them.
    """
    contract = load("handler_contracts")["arity"]
    for name, function in handler.hooks.items():
        count = contract["counts"].get(name)
        decorated = any(handler.name(d, function.scope) not in _KEEP for d in function.node.decorator_list)
        if count is None or decorated or _unused(handler, name):
            continue
        log = _plain(function, name, count) if stack in contract["plain"] else _counted(function, name, count, stack)
        if log and function.accepts(count) and not _counts(stack, serving):
            continue
        if log and (stack in contract["plain"] or stack in contract["context"]):
            yield Finding(
                message=f"{name} takes {_said(function)}, and is called with {_wanted(name)}",
                evidence=(handler.seen(function.path, function.line),),
                fix=f"def {name}({_wanted(name)}):",
                log=log,
                cause=f"artifact:{function.path}:{name}",
            )


def _counts(stack: str, serving: Environment) -> bool:
    """Say whether the toolkit counts parameters, which it does since it may pass the context."""
    from packaging.version import Version

    distribution, since = load("handler_contracts")["arity"]["context"].get(stack, ("", ""))
    version = serving.version(distribution) if distribution else None
    return version is None or version >= Version(since)


def _unused(handler: Handler, name: str) -> bool:
    return "transform_fn" in handler.hooks and name in {"input_fn", "predict_fn", "output_fn"}


def _parameters(function: Function) -> int:
    arguments = function.node.args
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return len(function.parameters) + len(arguments.kwonlyargs) + len(extra)


def _counted(function: Function, name: str, count: int, stack: str) -> str:
    given = _parameters(function)
    if given in {count, count + 1}:
        return ""
    if stack == "huggingface":
        return f"TypeError: {name} definition takes {count} or {count + 1} arguments but {given} were given."
    return f"TypeError: {name} takes {given} arguments but {count} were given."


def _plain(function: Function, name: str, count: int) -> str:
    if function.accepts(count):
        return ""
    parameters = function.parameters
    if count > len(parameters):
        plural = "s" if len(parameters) != 1 else ""
        return f"TypeError: {name}() takes {len(parameters)} positional argument{plural} but {count} were given"
    missing = parameters[count : len(parameters) - len(function.node.args.defaults)]
    quoted = " and ".join(f"'{m}'" for m in missing)
    plural = "s" if len(missing) != 1 else ""
    return f"TypeError: {name}() missing {len(missing)} required positional argument{plural}: {quoted}"


def _said(function: Function) -> str:
    return f"({ast.unparse(function.node.args)})"


def _wanted(name: str) -> str:
    wanted: str = load("handler_contracts")["parameters"][name]
    return wanted
