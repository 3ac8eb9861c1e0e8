"""Says what an expression of the handler's scripts refers to, as a dotted name, across its own modules."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from doctor.facts import load
from doctor.formats.source import Binding, Function, Scope, Script
from doctor.handler.flow import reaching

_DEEPEST = 24
_LONGEST = 500  # characters: names that lead to themselves grow


class Names:
    """
    Resolves expressions to dotted names.

    ``torch.load`` is a function of a library, ``inference.helper`` one of the handler's own, ``open`` a builtin,
    ``torch.load().eval`` a method of what a call returns, ``*.eval`` a method of something unknown.
    """

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self.by_module = {s.module: s for s in scripts.values()}
        self.given: dict[tuple[str, str], tuple[ast.expr, Scope] | str] = {}  # (function, parameter) -> its one value
        self._modules: dict[int, Script] = {id(s.scope): s for s in scripts.values()}
        self._known: dict[tuple[int, int], str] = {}
        self._functions: dict[str, Function | None] = {}
        self._classes: dict[str, tuple[Script, ast.ClassDef] | None] = {}

    def of(self, node: ast.expr, scope: Scope, depth: int = 0) -> str:
        """Return the dotted name of an expression; "*" where nothing tells."""
        if depth > _DEEPEST:
            return "*"
        key = (id(node), id(scope))
        if key not in self._known:
            self._known[key] = "*"
            name = self._of(node, scope, depth)
            self._known[key] = name if len(name) <= _LONGEST else "*"
        return self._known[key]

    def forget(self) -> None:
        """Resolve anew: more is known of what parameters hold."""
        self._known.clear()
        self._functions.clear()
        self._classes.clear()

    def returned(self, function: Function) -> str:
        """Return the dotted name of what a function returns; "*" where nothing tells."""
        return self._called(function.dotted, 0)

    def script_of(self, scope: Scope) -> Script:
        """Return the script in which a scope is."""
        while scope.parent is not None:
            scope = scope.parent
        return self._modules[id(scope)]

    def function(self, name: str) -> Function | None:
        """Return the handler's own function of a dotted name, through re-exports, instances and base classes."""
        if name not in self._functions:
            self._functions[name] = None  # while it is looked for: a name that leads to itself has none
            self._functions[name] = self._function(name)
        return self._functions[name]

    def own_class(self, name: str) -> tuple[Script, ast.ClassDef] | None:
        """Return the handler's own class of a dotted name, or None."""
        if name not in self._classes:
            self._classes[name] = None
            self._classes[name] = self._class(name)
        return self._classes[name]

    def class_name(self, name: str) -> str:
        """Return the own class that a name is an instance of, through ``.eval()`` and the like; "" for others."""
        while name.endswith("()"):
            name = name.removesuffix("()")
            if self.own_class(name) is not None:
                return name
            name = name.rpartition(".")[0] if not name.endswith("()") else name
        return ""

    def bases(self, name: str) -> tuple[str, ...]:
        """Return the dotted names of all base classes of an own class, own ones followed to theirs."""
        found: list[str] = []
        waiting = [name]
        while waiting:
            own = self.own_class(waiting.pop(0))
            new = [self.of(b, own[0].scope) for b in own[1].bases] if own else []
            fresh = [n for n in dict.fromkeys(new) if n not in found]
            found += fresh
            waiting += fresh
        return tuple(found)

    def _function(self, name: str) -> Function | None:
        script, rest = self._split(name)
        if script is None:
            return None
        found = script.functions.get(rest.replace("()", ""))
        if found is not None:
            return found
        owner, _, method = rest.rpartition(".")
        owner = owner.replace("()", "")
        if owner in script.classes:
            return self._inherited(script, owner, method)
        again = self._reexported(script, rest)
        return self.function(again) if again else None

    def _class(self, name: str) -> tuple[Script, ast.ClassDef] | None:
        script, rest = self._split(name)
        if script is None:
            return None
        if rest in script.classes:
            return script, script.classes[rest]
        again = self._reexported(script, rest)
        return self.own_class(again) if again else None

    def _split(self, name: str) -> tuple[Script | None, str]:
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            script = self.by_module.get(".".join(parts[:count]))
            if script is not None:
                return script, ".".join(parts[count:])
        return None, ""

    def _inherited(self, script: Script, owner: str, method: str) -> Function | None:
        for base in script.classes[owner].bases:
            found = self.function(f"{self.of(base, script.scope)}.{method}")
            if found is not None:
                return found
        return None

    def _reexported(self, script: Script, rest: str) -> str:
        """Return what a module's name stands for elsewhere, "" where it is the module's own."""
        first, _, more = rest.partition(".")
        called = first.endswith("()")
        bindings = script.scope.bindings.get(first.removesuffix("()"), [])
        if not bindings or {b.kind for b in bindings} & {"function", "class"}:
            return ""
        target = self._bound(first.removesuffix("()"), bindings, script.scope, None, 1)
        if target == "*" or len(target) > _LONGEST:
            return ""
        return ".".join([target + ("()" if called else ""), *([more] if more else [])])

    def _of(self, node: ast.expr, scope: Scope, depth: int) -> str:
        if isinstance(node, ast.Name):
            return self._name(node, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scope, depth)
        if isinstance(node, ast.Call):
            return self._called(self.of(node.func, scope, depth + 1), depth)
        if isinstance(node, ast.Await):
            return self.of(node.value, scope, depth + 1)
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value, scope, depth + 1)
        return "*"

    def _called(self, name: str, depth: int) -> str:
        if name == "*":
            return name
        function = self.function(name)
        if function is None:
            return self._same(name) or f"{name}()"
        values = [r.value for r in function.returned() if r.value is not None]
        values = [v for v in values if not (isinstance(v, ast.Constant) and v.value is None)]
        names = {self.of(v, function.scope, depth + 1) for v in values}
        return names.pop() if len(names) == 1 else "*"

    def _same(self, name: str) -> str:
        """Return the instance of an own class of which ``name`` is a method that returns itself: ``Net().eval``."""
        base, _, method = name.rpartition(".")
        keeps = base.endswith("()") and method in load("handler_kinds")["keeps_module"]
        return base if keeps and self.own_class(base.removesuffix("()")) is not None else ""

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> str:
        found = scope.lookup(node.id)
        if found is None:
            return node.id
        where, bindings = found
        return self._bound(node.id, bindings, where, node if where is scope else None, depth)

    def _bound(self, name: str, bindings: list[Binding], scope: Scope, use: ast.AST | None, depth: int) -> str:
        """Return what a name is bound to where a use stands; without one, the only thing it is ever bound to."""
        if use is not None and scope.kind != "class":
            bindings = reaching(self.script_of(scope), bindings, use) or bindings
        real = [b for b in bindings if not (isinstance(b.value, ast.Constant) and b.value.value is None)]
        imports = [b for b in real if b.kind == "import"]
        if imports and all(b.kind in {"import", "value"} for b in real):
            return imports[0].target
        names = {self._value(name, b, scope, depth) for b in real}
        return names.pop() if len(names) == 1 else "*"

    def _value(self, name: str, binding: Binding, scope: Scope, depth: int) -> str:
        if binding.kind == "import":
            return binding.target
        if binding.kind in {"function", "class"}:
            return f"{self.script_of(scope).module}.{binding.target}"
        if binding.kind == "value" and binding.value is not None:
            return self.of(binding.value, binding.scope, depth + 1)
        return self._parameter(name, scope, depth) if binding.kind == "parameter" else "*"

    def _parameter(self, name: str, scope: Scope, depth: int) -> str:
        function = self.script_of(scope).function_at(scope)
        if function is None or scope.kind != "function":
            return "*"
        if function.owner and function.parameters[:1] == (name,):
            return f"{function.module}.{function.owner}()"
        given = self.given.get((function.dotted, name))
        if given is None:
            return "*"
        return given if isinstance(given, str) else self.of(given[0], given[1], depth + 1)

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> str:
        base = self.of(node.value, scope, depth + 1)
        if not base.endswith("()"):
            return f"{base}.{node.attr}"
        own = self.own_class(base.removesuffix("()"))
        if own is None:
            return f"{base}.{node.attr}"
        script = own[0]
        qualname = self._split(base.removesuffix("()"))[1]
        bindings = script.attributes.get((qualname, node.attr), [])
        real = [b for b in bindings if not (isinstance(b.value, ast.Constant) and b.value.value is None)]
        names = {self._value("", b, b.scope, depth) for b in real if b.kind == "value"}
        if len(names) == len(real) == 1 or (names and names != {"*"} and len(names) == 1):
            return names.pop()
        return f"{base}.{node.attr}"
