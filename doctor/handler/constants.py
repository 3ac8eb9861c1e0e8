"""Evaluates the constant expressions that paths are made of, without running anything."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Mapping

from doctor.formats.source import Binding, Scope
from doctor.handler.flow import reaching
from doctor.handler.names import Names

MODEL_DIR = "/opt/ml/model"
_DEEPEST = 24
_LONGEST = 4096
_PATHS = {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "str", "os.fspath", "os.path.abspath",
          "os.path.realpath", "os.path.expanduser", "os.path.normpath"}  # fmt: skip
_ENVIRONMENT = {"os.environ.get", "os.getenv"}


class Constants:
    """
    Values of expressions, where they are the same in every run.

    Args:
        names: resolves names.
        variables: what the endpoint sets.
    """

    def __init__(self, names: Names, variables: Mapping[str, str]) -> None:
        self._names = names
        self._variables = variables
        self._known: dict[tuple[int, int], str | None] = {}
        self.parameters: dict[tuple[str, str], list[tuple[ast.expr, Scope] | str]] = {}

    def text(self, node: ast.expr | None, scope: Scope, depth: int = 0) -> str | None:
        """Return the text (or path) that an expression always has, or None."""
        rule = _RULES.get(type(node)) if node is not None and depth <= _DEEPEST else None
        if rule is None:
            return None
        key = (id(node), id(scope))
        if key not in self._known:
            self._known[key] = None  # while it is looked for: what leads to itself has no value
            value = rule(self, node, scope, depth + 1)
            self._known[key] = value if value is not None and len(value) <= _LONGEST else None
        return self._known[key]

    def _constant(self, node: ast.Constant, _scope: Scope, _depth: int) -> str | None:
        return str(node.value) if isinstance(node.value, (str, int)) else None

    def _name(self, node: ast.Name, scope: Scope, depth: int) -> str | None:
        if node.id == "__file__":
            return posixpath.join(MODEL_DIR, self._names.script_of(scope).path)
        found = scope.lookup(node.id)
        if found is None:
            return None
        where, bindings = found
        if where is scope and scope.kind != "class":
            bindings = reaching(self._names.script_of(scope), bindings, node) or bindings
        texts = {self._bound(node.id, b, where, depth) for b in bindings}
        return texts.pop() if len(texts) == 1 else None

    def _bound(self, name: str, binding: Binding, scope: Scope, depth: int) -> str | None:
        if binding.kind == "value":
            return self.text(binding.value, binding.scope, depth)
        if binding.kind == "parameter":
            return self._parameter(name, scope, depth)
        if binding.kind == "import":
            return self._imported(binding.target, depth)
        return None

    def _imported(self, target: str, depth: int) -> str | None:
        module, _, name = target.rpartition(".")
        script = self._names.by_module.get(module)
        bindings = script.scope.bindings.get(name, []) if script else []
        texts = {self._bound(name, b, b.scope, depth + 1) for b in bindings}
        return texts.pop() if len(texts) == 1 else None

    def _parameter(self, name: str, scope: Scope, depth: int) -> str | None:
        function = self._names.script_of(scope).function_at(scope)
        if function is None:
            return None
        given = self.parameters.get((function.dotted, name), [])
        texts = {g if isinstance(g, str) else self.text(g[0], g[1], depth + 1) for g in given}
        return texts.pop() if len(texts) == 1 else None

    def _attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> str | None:
        if node.attr == "parent":
            base = self.text(node.value, scope, depth)
            return posixpath.dirname(base) if base is not None else None
        binding = self._attribute_binding(node, scope)
        if binding is not None:
            return self.text(binding.value, binding.scope, depth)
        name = self._names.of(node, scope)
        return self._imported(name, depth) if not name.startswith("*") else None

    def _attribute_binding(self, node: ast.Attribute, scope: Scope) -> Binding | None:
        script = self._names.script_of(scope)
        function = script.function_at(scope)
        if function is None or not function.owner:
            return None
        if not (isinstance(node.value, ast.Name) and node.value.id == function.parameters[:1][0]):
            return None
        bindings = script.attributes.get((function.owner, node.attr)) or script.scopes[function.owner].bindings.get(
            node.attr, []
        )
        return bindings[0] if len(bindings) == 1 and bindings[0].kind == "value" else None

    def _binary(self, node: ast.BinOp, scope: Scope, depth: int) -> str | None:
        if isinstance(node.op, ast.Mod):
            return self._percent(node, scope, depth)
        left, right = self.text(node.left, scope, depth), self.text(node.right, scope, depth)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Div):
            return posixpath.join(left, right)
        return left + right if isinstance(node.op, ast.Add) else None

    def _percent(self, node: ast.BinOp, scope: Scope, depth: int) -> str | None:
        pattern = self.text(node.left, scope, depth)
        parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        values = [self.text(p, scope, depth) for p in parts]
        if pattern is None or None in values or pattern.count("%s") != len(values) or pattern.count("%") != len(values):
            return None
        return pattern % tuple(values)

    def _joined(self, node: ast.JoinedStr, scope: Scope, depth: int) -> str | None:
        parts = [self._piece(v, scope, depth) for v in node.values]
        return None if None in parts else "".join(p for p in parts if p is not None)

    def _piece(self, node: ast.expr, scope: Scope, depth: int) -> str | None:
        if isinstance(node, ast.FormattedValue):
            return None if node.format_spec else self.text(node.value, scope, depth)
        return self.text(node, scope, depth)

    def _either(self, node: ast.BoolOp | ast.IfExp, scope: Scope, depth: int) -> str | None:
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        texts = {self.text(p, scope, depth) for p in parts}
        return texts.pop() if len(texts) == 1 else None

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> str | None:
        key = self.text(node.slice, scope, depth)
        if key is not None and self._names.of(node.value, scope) == "os.environ":
            return self._variables.get(key)
        return MODEL_DIR if key == "model_dir" else None

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> str | None:
        name = self._names.of(node.func, scope)
        values = [self.text(a, scope, depth) for a in node.args]
        if name in _ENVIRONMENT:
            return self._environment(node, values, scope, depth)
        method = self._method(node, values, scope, depth)
        if method is not None or None in values or node.keywords:
            return method
        given = [v for v in values if v is not None]
        if name in {"os.path.join", *_PATHS} and given:
            return posixpath.normpath(posixpath.join(*given))
        if name == "os.path.dirname" and len(given) == 1:
            return posixpath.dirname(given[0])
        if name == "os.path.basename" and len(given) == 1:
            return posixpath.basename(given[0])
        return self._own(name, node, depth)

    def _environment(self, node: ast.Call, values: list[str | None], scope: Scope, depth: int) -> str | None:
        if not values or values[0] is None:
            return None
        default = self.text(node.args[1], scope, depth) if len(node.args) > 1 else None
        return self._variables.get(values[0], default)

    def _method(self, node: ast.Call, values: list[str | None], scope: Scope, depth: int) -> str | None:
        if not isinstance(node.func, ast.Attribute) or None in values or node.keywords:
            return None
        if node.func.attr == "get" and values[:1] == ["model_dir"]:
            return MODEL_DIR  # what a model server says in context.system_properties
        rule = _METHODS.get(node.func.attr)
        base = self.text(node.func.value, scope, depth) if rule else None
        try:
            return rule(base, *values) if rule and base is not None else None
        except TypeError:  # more or fewer arguments than the method takes
            return None

    def _own(self, name: str, node: ast.Call, depth: int) -> str | None:
        function = self._names.function(name)
        if function is None or node.keywords or depth > _DEEPEST // 2:
            return None
        texts = {self.text(r.value, function.scope, depth + 4) for r in function.returned()}
        return texts.pop() if len(texts) == 1 else None


def _format(pattern: str, *given: str) -> str | None:
    plain = "%" not in pattern and pattern.count("{") == pattern.count("{}") == len(given)
    return pattern.replace("{}", "%s") % given if plain else None


_METHODS: dict[str, Callable[..., str | None]] = {
    "joinpath": posixpath.join,
    "with_name": lambda base, name: posixpath.join(posixpath.dirname(base), name),
    "format": _format,
    "resolve": lambda base, *_: base,
    "absolute": lambda base: base,
    "as_posix": lambda base: base,
    "expanduser": lambda base: base,
    "strip": lambda base, *_: base.strip(),
    "rstrip": lambda base, ends="/": base.rstrip(ends),
}
_RULES: dict[type[ast.expr], Callable[..., str | None]] = {
    ast.Constant: Constants._constant,  # noqa: SLF001 - its own table
    ast.Name: Constants._name,  # noqa: SLF001
    ast.Attribute: Constants._attribute,  # noqa: SLF001
    ast.BinOp: Constants._binary,  # noqa: SLF001
    ast.JoinedStr: Constants._joined,  # noqa: SLF001
    ast.BoolOp: Constants._either,  # noqa: SLF001
    ast.IfExp: Constants._either,  # noqa: SLF001
    ast.Subscript: Constants._subscript,  # noqa: SLF001
    ast.Call: Constants._call,  # noqa: SLF001
}
