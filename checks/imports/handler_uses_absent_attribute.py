"""Check: the handler uses an attribute that the installed release of a module doesn't have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.source import Script, Site
    from doctor.handler import Handler
    from doctor.symbols import Answer


class _Use(NamedTuple):
    """One use: the module and the attribute, where, and what says that it isn't there."""

    module: str
    name: str
    script: Script
    line: int
    answer: Answer


@check(
    title="The handler uses what the installed release of a module doesn't have",
    fault="package-abi-skew",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://numpy.org/doc/stable/release/1.24.0-notes.html#expired-deprecations",
    symptoms=(r"AttributeError: module '[\w.]+' has no attribute '\w+'",),
)
def handler_uses_absent_attribute(
    handler: Handler, artifact: Artifact, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    ``np.float``, ``np.Inf``, ``tf.Session``, ``Image.ANTIALIAS``: a release dropped what the handler uses.

    The module is imported, and the line that uses the attribute raises AttributeError. Write what replaced it, or
    install a release that still has it. Uses under a condition, or whose failure is caught, are left to the handler.
    """
    from doctor.modules import givers

    told: set[tuple[str, str]] = set()
    for use in _uses(handler, artifact, serving):
        if (use.module, use.name) in told:
            continue
        told.add((use.module, use.name))
        package = (*(g for g in givers(use.module) if g in serving.packages), "")[0]
        yield _finding(use, f"{package} {serving.packages.get(package, '')}".strip() or use.module, handler, serving)


def _uses(handler: Handler, artifact: Artifact, serving: Environment) -> Iterator[_Use]:
    from doctor import used

    tops = {made.module.split(".", maxsplit=1)[0] for made in handler.imports()}
    tops = {top for top in tops if top and not used.own(top, handler, artifact)}
    given = {n for s in handler.scripts.values() for n in _assigned(s)}
    for script in handler.scripts.values():
        for site in script.mentions if script.error is None else ():
            if not (site.runs and isinstance(site.node, ast.Attribute)) or site.node.attr in given:
                continue
            name = handler.name(site.node, site.scope)
            if name.split(".", maxsplit=1)[0] not in tops or "(" in name or "*" in name:
                continue
            found = _lacking(name, serving)
            if found is not None and _certain(handler, script, site):
                yield _Use(*found[:2], script, site.node.lineno, found[2])


def _lacking(name: str, serving: Environment) -> tuple[str, str, Answer] | None:
    """Return the module and the attribute, of a dotted name, that isn't there; None where all of it may be."""
    parts = name.split(".")
    for count in range(1, len(parts)):
        module, attribute = ".".join(parts[:count]), parts[count]
        if serving.finds(f"{module}.{attribute}"):
            continue
        answer = serving.has(module, attribute)
        return (module, attribute, answer) if answer.there is False and serving.finds(module) is not False else None
    return None


def _certain(handler: Handler, script: Script, site: Site) -> bool:
    from doctor.handler.flow import always, caught

    function = script.function_at(site.scope)
    runs = handler.imported(script) if function is None else handler.certain(function)
    return runs and always(script, site.node) and not caught(script, site.node)


def _assigned(script: Script) -> Iterator[str]:
    """Yield the attributes that a script gives to anything: ``np.float = float`` brings it back."""
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _finding(use: _Use, release: str, handler: Handler, serving: Environment) -> Finding:
    from doctor import used

    path = use.script.path
    instead = used.instead(use.module, use.name)
    return Finding(
        message=f"{path}:{use.line} uses {use.module}.{use.name}, which {release} of {serving.source} doesn't have",
        evidence=(
            handler.seen(path, use.line),
            Evidence(f"serving:module/{use.module}", f"no {use.name}: {use.answer.where or use.answer.why}"),
        ),
        fix=f"in {path}:{use.line}, write {instead} in place of {use.module}.{use.name}"
        if instead
        else f"replace {use.name} in {path}:{use.line}, or pin a release that has it in code/requirements.txt",
        log=f"AttributeError: module '{use.module}' has no attribute '{use.name}'",
        cause=f"serving:name/{use.module}.{use.name}",
    )
