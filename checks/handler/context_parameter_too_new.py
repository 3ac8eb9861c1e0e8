"""Check: a hook wants the context from a toolkit that passes none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.source import Function
    from doctor.handler import Handler


@check(
    title="A function of the handler wants the context, which the installed toolkit doesn't pass",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-inference-toolkit/blob/v1.10.1/CHANGELOG.md",
    symptoms=(r"TypeError: \w+_fn\(\) missing 1 required positional argument: 'context'",),
)
def context_parameter_too_new(handler: Handler, stack: str, serving: Environment) -> Iterator[Finding]:
    """
    Toolkits before 1.7.0 (Hugging Face: 2.3.0) call the handler's functions without the context.

    A required parameter for it is then missing. Give it a default, ``context=None``, and it works with both.
    """
    contract = load("handler_contracts")["arity"]
    distribution, since = contract["context"].get(stack, ("", ""))
    wanting = [
        (n, f) for n, f in handler.hooks.items() if contract["counts"].get(n) and _wants(f, contract["counts"][n])
    ]
    if not distribution or not wanting:
        return
    from packaging.version import Version

    version = serving.version(distribution)
    if version is None or version >= Version(since):
        return
    for name, function in wanting:
        last = function.parameters[-1]
        yield Finding(
            message=f"{name} requires {last!r}, which {distribution} {version} doesn't pass (it does since {since})",
            evidence=(handler.seen(function.path, function.line), serving.evidence(distribution)),
            fix=f"def {name}({', '.join(function.parameters[:-1])}, {last}=None):",
            log=f"TypeError: {name}() missing 1 required positional argument: '{last}'",
            cause=f"serving:pkg/{distribution}",
        )


def _wants(function: Function, count: int) -> bool:
    return not function.accepts(count) and function.accepts(count + 1) and not function.node.decorator_list
