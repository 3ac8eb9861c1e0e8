"""The part ``handler``: the artifact's own Python that serves, its functions, imports, and every call it makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from doctor.facts import load
from doctor.formats.source import Function, Import, Scope, Script
from doctor.handler.constants import MODEL_DIR, Constants
from doctor.handler.flow import always, caught
from doctor.handler.graph import Reach, reach
from doctor.handler.kinds import Kinds
from doctor.handler.names import Names
from doctor.model import Evidence

_WRITES = set("wax")


class Call(NamedTuple):
    """
    One call in the handler's scripts.

    Args:
        name: dotted, through import aliases and simple assignments: ``torch.load``, ``inference.helper``, ``open``,
            ``torch.load().eval``; ``*.eval`` where nothing says of what.
        node: its syntax.
        path: of its script.
        scope: the names it sees.
        function: the function it stands in, or None at module level.
        at_import: whether importing the handler makes it.
        hooks: names of the hooks from which it is reached.
        certain: whether each import, or each call of a hook, makes it, as far as syntax tells.
        caught: whether an except clause in its function takes its failure.
    """

    name: str
    node: ast.Call
    path: str
    scope: Scope
    function: Function | None
    at_import: bool
    hooks: frozenset[str]
    certain: bool
    caught: bool

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.node.lineno

    def argument(self, position: int, keyword: str = "") -> ast.expr | None:
        """Return the argument at a position or by keyword; None where it isn't given, or hidden by ``*`` or ``**``."""
        for given in self.node.keywords:
            if given.arg == keyword and keyword:
                return given.value
        plain = self.node.args[: position + 1] if position >= 0 else []
        if len(plain) <= position or not plain or any(isinstance(a, ast.Starred) for a in plain):
            return None
        return plain[position]

    @property
    def hides_arguments(self) -> bool:
        """Whether ``*args`` or ``**options`` pass arguments that can't be seen."""
        starred = any(isinstance(a, ast.Starred) for a in self.node.args)
        return starred or any(k.arg is None for k in self.node.keywords)


class Opened(NamedTuple):
    """
    What a loading call opens.

    ``path`` is in the artifact ("model.pt", "" for the model folder itself), None where it isn't, or can't be known.
    ``text`` is the path as the call sees it ("/opt/ml/model/model.pt", "model.pt", "/opt/program/x"), None unknown.
    """

    call: Call
    path: str | None
    text: str | None

    @property
    def relative(self) -> bool:
        """Whether the path depends on the server's working directory."""
        return self.text is not None and not self.text.startswith(("/", "~")) and "://" not in self.text


class Handler:
    """
    The artifact's own serving script and the modules of the artifact that it imports. Empty without a script.

    Args:
        scripts: by path, the entry first.
        entry: the script the server imports, or None.
        unread: own modules that were not followed, with the reason.
        variables: what the endpoint sets.
        stack: the serving stack, "" where nothing tells.
    """

    def __init__(
        self,
        scripts: Mapping[str, Script],
        entry: Script | None,
        unread: tuple[Evidence, ...] = (),
        variables: Mapping[str, str] | None = None,
        stack: str = "",
    ) -> None:
        self.scripts = scripts
        self.entry = entry
        self.unread = unread
        self.stack = stack
        self.names = Names(scripts)
        self.constants = Constants(self.names, variables or {})

    def __bool__(self) -> bool:
        """Say whether there is a script at all."""
        return bool(self.scripts)

    @cached_property
    def hooks(self) -> Mapping[str, Function]:
        """Functions that the stack calls (any that some stack calls, where it is unknown), if they are its own."""
        found: dict[str, Function] = {}
        known = load("handler_contracts")["hooks"]
        for name in known.get(self.stack, known[""]):
            function = self.names.function(f"{self.entry.module}.{name}") if self.entry else None
            if function is not None and function.owner == "":
                found[name] = function
        return found

    def defines(self, name: str) -> bool | None:
        """Say whether the entry has a name at module level: True, False, or None where its code can't tell."""
        if self.entry is None:
            return False
        if name in self.entry.scope.bindings:
            return True
        dynamic = {"exec", "globals", "setattr", "vars", "locals"} & {
            self.names.of(s.node, s.scope) for s in self.entry.mentions
        }
        stars = [m for m in self.entry.scope.stars if self._own_star(m, name) is not False]
        if any(self._own_star(m, name) for m in stars):
            return True
        return None if dynamic or stars or "__getattr__" in self.entry.scope.bindings or self.entry.error else False

    def _own_star(self, module: str, name: str) -> bool | None:
        script = self.names.by_module.get(module)
        if script is None or script.scope.stars:
            return None
        return name in script.scope.bindings

    def calls(self, *names: str) -> Iterator[Call]:
        """Yield the calls of the given dotted names, all without any; "*.eval" stands for any method of that name."""
        wanted = set(names)
        endings = tuple(n[1:] for n in names if n.startswith("*."))
        return (c for c in self._calls if not names or c.name in wanted or (endings and c.name.endswith(endings)))

    def opened(self) -> Iterator[Opened]:
        """Yield what the calls that read files open (``doctor/facts/handler_contracts.json``: loaders)."""
        loaders = load("handler_contracts")["loaders"]
        for call in self._calls:
            position = loaders.get(call.name)
            if position is not None and not (call.name in {"open", "io.open"} and self._writes(call)):
                yield self._opened(call, call.argument(*position))
            elif call.name.endswith((".from_pretrained", ".load_from_checkpoint")):
                yield self._opened(call, call.argument(0, "pretrained_model_name_or_path"))

    def imports(self) -> Iterator[Import]:
        """Yield the imports of all its scripts, without those for type checkers or under ``__main__``."""
        return (i for s in self.scripts.values() for i in s.imports)

    def text(self, node: ast.expr | None, scope: Scope) -> str | None:
        """Return the text or path that an expression always has, or None."""
        return self.constants.text(node, scope)

    def where(self, path: str, line: int) -> str:
        """Return the place of a line as evidence writes it: ``artifact:code/inference.py:12``."""
        return f"artifact:{path}:{line}"

    def line(self, path: str, number: int) -> str:
        """Return a line of source without its indentation; "" where there is none."""
        lines = self.scripts[path].lines if path in self.scripts else []
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    def seen(self, path: str, line: int) -> Evidence:
        """Return a source line as evidence."""
        return Evidence(self.where(path, line), self.line(path, line))

    def reached(self, function: Function) -> frozenset[str]:
        """Return the names of the hooks from which a function is reached, itself included."""
        return self._graph.hooks.get(function.dotted, frozenset())

    @cached_property
    def gradients_off(self) -> bool:
        """Whether anything in the handler turns gradients off."""
        off = set(load("handler_kinds")["gradients_off"])
        mentioned = (self.name(s.node, s.scope) for script in self.scripts.values() for s in script.mentions)
        return any(name in off or name.endswith(".requires_grad_") for name in mentioned)

    @cached_property
    def kinds(self) -> Kinds:
        """What kinds of values its names stand for."""
        return Kinds(self.names)

    def stack_calls(self, name: str) -> bool:
        """Say whether the stack calls a function of this name; an unknown stack is taken to."""
        known = load("handler_contracts")["hooks"]
        return name in known.get(self.stack, known[""])

    def name(self, node: ast.expr, scope: Scope) -> str:
        """Return the dotted name of an expression, as in ``Call.name``."""
        return self.names.of(node, scope)

    def mentions(self, node: ast.expr | None, scope: Scope, word: str, depth: int = 0) -> bool:
        """Say whether an expression, or a value that its names are bound to, has a text that begins with a word."""
        for part in ast.walk(node) if node is not None and depth < 8 else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith(word):
                return True
            found = scope.lookup(part.id) if isinstance(part, ast.Name) else None
            if found and any(self.mentions(b.value, b.scope, word, depth + 1) for b in found[1]):
                return True
        return False

    def imported(self, script: Script) -> bool:
        """Say whether starting the server surely imports a script."""
        return f"{script.module}." in self._graph.certain

    def certain(self, function: Function) -> bool:
        """Say whether importing the handler, or calling its hooks, surely calls a function."""
        return function.dotted in self._graph.certain

    @cached_property
    def _graph(self) -> Reach:
        return reach(self.scripts, self.entry, self.names, self.constants, self.hooks)

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        return tuple(c for s in self.scripts.values() for c in self._of_script(s, self._graph))

    def _of_script(self, script: Script, reached: Reach) -> Iterator[Call]:
        for site in script.calls:
            if not (site.runs and isinstance(site.node, ast.Call)):
                continue
            function = script.function_at(site.scope)
            dotted = function.dotted if function else f"{script.module}."
            at_import = dotted in reached.imported and site.scope.kind != "lambda"
            certain = dotted in reached.certain and always(script, site.node)
            name = self.names.of(site.node.func, site.scope)
            hooks = reached.hooks.get(dotted, frozenset())
            failure = caught(script, site.node)
            yield Call(name, site.node, script.path, site.scope, function, at_import, hooks, certain, failure)

    def _opened(self, call: Call, argument: ast.expr | None) -> Opened:
        text = self.constants.text(argument, call.scope)
        if text is None:
            return Opened(call, None, None)
        if text == MODEL_DIR or text.startswith(f"{MODEL_DIR}/"):
            return Opened(call, text[len(MODEL_DIR) + 1 :].rstrip("/"), text)
        return Opened(call, None, text)

    def _writes(self, call: Call) -> bool:
        mode = call.argument(1, "mode")
        return mode is not None and not (isinstance(mode, ast.Constant) and not _WRITES & set(str(mode.value)))
