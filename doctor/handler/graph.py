"""Which of the handler's functions run when it is imported, and which from each hook."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from doctor.formats.source import Function, Script, Site
from doctor.handler.constants import MODEL_DIR, Constants
from doctor.handler.flow import always
from doctor.handler.names import Names

# What the parameters of a hook hold, by position: the folder of the model, or what another hook returned.
_FLOWS: Mapping[str, tuple[str, ...]] = {
    "model_fn": ("folder",),
    "predict_fn": ("input_fn", "model_fn"),
    "output_fn": ("predict_fn",),
    "transform_fn": ("model_fn",),
}
_WHEN_MADE = ("__init__", "__post_init__", "__enter__", "__exit__", "__iter__", "__getitem__", "__len__")
_WHEN_CALLED = ("__call__", "forward", "call")
_SERVICES = ("initialize", "handle", "preprocess", "inference", "postprocess", "execute", "load_context", "predict",
             "predict_stream", "__call__", "__init__")  # fmt: skip
_ROUTES = {"route", "post", "get", "put", "api_route"}
_BASES = ("ts.torch_handler", "mlflow.pyfunc", "mms.", "model_handler.")


class Reach(NamedTuple):
    """
    What runs when, by dotted names of functions (``inference.`` is the module's own level).

    Args:
        hooks: the hooks from which a function is reached.
        imported: what importing the handler calls.
        certain: what importing it, or calling its hooks, calls each time.
    """

    hooks: Mapping[str, frozenset[str]]
    imported: frozenset[str]
    certain: frozenset[str]


def reach(
    scripts: Mapping[str, Script],
    entry: Script | None,
    names: Names,
    constants: Constants,
    hooks: Mapping[str, Function],
) -> Reach:
    """Return what is reached from the import of the entry and from each hook."""
    _pass(scripts, names, constants)
    _flow(hooks, names, constants)
    called, surely, mentioned = _edges(scripts, names)
    found: dict[str, frozenset[str]] = {}
    starts = [*hooks.items(), *_methods(entry, names), *_routes(scripts, names)]
    for name, function in starts:
        for dotted in _closure([function.dotted], called, mentioned):
            found[dotted] = found.get(dotted, frozenset()) | {name}
    modules = [f"{s.module}." for s in scripts.values()]
    first = [f"{entry.module}."] if entry else []
    certain = _closure([*first, *(f.dotted for _, f in starts)], surely)
    return Reach(found, frozenset(_closure(modules, called)), frozenset(certain))


def _flow(hooks: Mapping[str, Function], names: Names, constants: Constants) -> None:
    """Say what the hooks' parameters hold."""
    for name, function in hooks.items():
        for parameter, source in zip(function.parameters, _FLOWS.get(name, ()), strict=False):
            key = (function.dotted, parameter)
            if source == "folder":
                constants.parameters[key] = [MODEL_DIR]
            elif source in hooks:
                names.given[key] = names.returned(hooks[source])


def _methods(entry: Script | None, names: Names) -> Iterator[tuple[str, Function]]:
    """Yield the methods that a model server calls on a handler class of the entry."""
    for qualname in entry.classes if entry else ():
        dotted = f"{entry.module}.{qualname}" if entry else ""
        serves = qualname in {"EndpointHandler", "TritonPythonModel"}
        if not serves and not any(b.startswith(_BASES) for b in names.bases(dotted)):
            continue
        for method in _SERVICES:
            function = names.function(f"{dotted}.{method}")
            if function is not None:
                yield method, function


def _routes(scripts: Mapping[str, Script], names: Names) -> Iterator[tuple[str, Function]]:
    """Yield the functions that a web application of the handler calls for requests: those with ``@app.route``."""
    for script in scripts.values():
        for function in script.functions.values():
            for decorator in function.node.decorator_list:
                call = decorator.func if isinstance(decorator, ast.Call) else decorator
                if names.of(call, script.scope).rpartition(".")[2] in _ROUTES:
                    yield f"@{function.name}", function


def _edges(scripts: Mapping[str, Script], names: Names) -> tuple[dict[str, set[str]], ...]:
    """Return who calls whom, who surely does, and who mentions whom."""
    called: dict[str, set[str]] = {}
    surely: dict[str, set[str]] = {}
    mentioned: dict[str, set[str]] = {}
    for script in scripts.values():
        for site in script.calls:
            if site.runs and isinstance(site.node, ast.Call):
                edges = set(_targets(names.of(site.node.func, site.scope), names, called=True))
                called.setdefault(_caller(script, site), set()).update(edges)
                if edges and always(script, site.node):
                    surely.setdefault(_caller(script, site), set()).update(edges)
        for site in script.mentions:
            if site.runs:
                edges = set(_targets(names.of(site.node, site.scope), names, called=False))
                mentioned.setdefault(_caller(script, site), set()).update(edges)
        for imported in script.imports:
            if imported.module in names.by_module and not imported.function:
                surely.setdefault(f"{script.module}.", set()).add(f"{imported.module}.")
    return called, surely, mentioned


def _caller(script: Script, site: Site) -> str:
    function = script.function_at(site.scope)
    return function.dotted if function else f"{script.module}."


def _targets(name: str, names: Names, *, called: bool) -> Iterator[str]:
    """Yield the own functions that a call, or the mention of a name, may run."""
    function = names.function(name)
    if function is not None:
        yield function.dotted
    made = name.removesuffix("()")
    if names.own_class(made) is None:
        return
    implied = _WHEN_MADE if name == made else _WHEN_CALLED if called else ()
    for method in implied:
        found = names.function(f"{made}.{method}")
        if found is not None:
            yield found.dotted


def _closure(start: Iterable[str], *edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting += [t for table in edges for t in table.get(at, ())]
    return seen


def _pass(scripts: Mapping[str, Script], names: Names, constants: Constants) -> None:
    """Note what each own function's parameters are given by its calls, and by default."""
    for script in scripts.values():
        for site in script.calls:
            if not (site.runs and isinstance(site.node, ast.Call)):
                continue
            name = names.of(site.node.func, site.scope)
            function = names.function(f"{name}.__init__") if names.own_class(name) else names.function(name)
            if function is not None:
                _given(function, site.node, site, constants)
    for key, values in constants.parameters.items():
        if len(values) == 1 and not isinstance(values[0], str):
            names.given.setdefault(key, values[0])
    names.forget()


def _given(function: Function, node: ast.Call, site: Site, constants: Constants) -> None:
    parameters = function.parameters[1:] if function.owner else function.parameters
    passed: dict[str, ast.expr] = dict(zip(parameters, node.args, strict=False))
    passed |= {k.arg: k.value for k in node.keywords if k.arg}
    defaults = function.node.args.defaults
    omitted = dict(zip(function.parameters[len(function.parameters) - len(defaults) :], defaults, strict=True))
    for parameter in parameters:
        values = constants.parameters.setdefault((function.dotted, parameter), [])
        if parameter in passed:
            values.append((passed[parameter], site.scope))
        elif parameter in omitted:
            values.append((omitted[parameter], function.scope))
