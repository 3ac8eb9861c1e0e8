"""Check: a function is named almost as one that the stack calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Handler


@check(
    title="A function's name is almost that of one the stack calls",
    fault="handler-contract",
    severity=Severity.WARNING,
    stage=Stage.FIRST_REQUEST,
    basis="https://sagemaker.readthedocs.io/en/stable/frameworks/pytorch/using_pytorch.html#serve-a-pytorch-model",
)
def hook_misspelt(handler: Handler, stack: str) -> Iterator[Finding]:
    """
    The stack looks its functions up by their exact names and silently takes its default where one is missing.

    ``predict_func`` or ``inputfn`` is never called: requests go through the default predict_fn or input_fn, which
    decode and predict in their own way.
    """
    entry = handler.entry
    names = load("handler_contracts")["hooks"].get(stack, ())
    if entry is None:
        return
    mentioned = {handler.name(s.node, s.scope) for script in handler.scripts.values() for s in script.mentions}
    for function in entry.functions.values():
        meant = _meant(function.name, names)
        used = function.dotted in mentioned or function.owner or function.node.decorator_list
        if meant and not used and "." not in function.qualname and handler.defines(meant) is False:
            yield Finding(
                message=f"{function.name} is never called: the {stack} stack looks for {meant}, and takes its default",
                evidence=(handler.seen(function.path, function.line),),
                fix=f"def {meant}({', '.join(function.parameters)}):",
                likelihood=Likelihood.LIKELY,
                cause=f"artifact:{entry.path}:hooks",
            )


def _meant(name: str, hooks: Iterable[str]) -> str:
    """Return the hook that a name almost is: letter case, underscores, fn for func, or two letters swapped or lost."""
    if name in hooks:
        return ""
    plain = _plain(name)
    for hook in hooks:
        if not hook.endswith("_fn"):
            continue
        wanted = _plain(hook)
        if plain == wanted or (abs(len(plain) - len(wanted)) <= 1 and _near(plain, wanted)):
            return hook
    return ""


def _near(plain: str, wanted: str) -> bool:
    if sum(letter in wanted for letter in plain) < 0.8 * len(plain):
        return False
    from difflib import SequenceMatcher

    return SequenceMatcher(None, plain, wanted).ratio() >= 0.88


def _plain(name: str) -> str:
    plain = name.lower().replace("_", "")
    for ending in ("function", "func", "fun", "fn"):
        if plain.endswith(ending):
            return plain.removesuffix(ending) + "fn"
    return plain
