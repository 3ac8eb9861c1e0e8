"""Parses Python source into a Script: one pass over its tree fills the tables of names, calls and imports."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable

from doctor.formats.source import Binding, Definition, Function, Import, Scope, Script, Site, SyntaxProblem, dotted

_CATCHES_IMPORT_ERROR = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def parse(data: bytes, path: str, module: str) -> Script:
    """Return a script of source bytes; what can't be parsed has ``error``. Raises nothing, whatever the bytes."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data, path)
        script = Script(path, module, text, tree, None)
        _Reading(script).body(tree, script.scope)
    except SyntaxError as error:
        said = SyntaxProblem(
            error.msg or "invalid syntax", error.lineno or 1, (error.text or "").strip(), type(error).__name__
        )
        return Script(path, module, text, None, said)
    except (ValueError, RecursionError, MemoryError) as error:
        return Script(path, module, text, None, SyntaxProblem(str(error) or type(error).__name__, 1, ""))
    return script


class _Reading:
    """Fills a script's tables in one pass over its tree."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.runs = True  # false within `if __name__ == "__main__"` and `if TYPE_CHECKING`

    def body(self, node: ast.AST, scope: Scope) -> None:
        self.all(ast.iter_child_nodes(node), node, scope)

    def all(self, nodes: Iterable[ast.AST], parent: ast.AST, scope: Scope) -> None:
        for node in nodes:
            self.script.parents[node] = parent
            method = _METHODS.get(type(node))
            if method is None:
                self.body(node, scope)
            else:
                getattr(self, method)(node, scope)

    def function(self, node: Definition, scope: Scope) -> None:
        qualname = self._inside(scope, node.name)
        scope.bind(node.name, Binding("function", node.lineno, scope, qualname))
        owner = scope.qualname if scope.kind == "class" else ""
        inner = Scope("function", qualname, scope, node)
        self.script.functions[qualname] = Function(qualname, node, self.script.path, self.script.module, owner, inner)
        self.script.scopes[qualname] = inner
        self._parameters(node.args, inner)
        self.all((*node.decorator_list, node.args, *([node.returns] if node.returns else [])), node, scope)
        self.all(node.body, node, inner)

    def anonymous(self, node: ast.Lambda, scope: Scope) -> None:
        inner = Scope("lambda", self._inside(scope, f"<lambda:{node.lineno}:{node.col_offset}>"), scope, node)
        self._parameters(node.args, inner)
        self.body(node, inner)

    def definition_of_class(self, node: ast.ClassDef, scope: Scope) -> None:
        qualname = self._inside(scope, node.name)
        scope.bind(node.name, Binding("class", node.lineno, scope, qualname))
        inner = Scope("class", qualname, scope, node)
        self.script.classes[qualname] = node
        self.script.scopes[qualname] = inner
        self.body(node, inner)

    def plain_import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else bound
            scope.bind(bound, Binding("import", node.lineno, scope, target))
            self._imported(node, scope, alias.name, ())

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        module = self._absolute(node)
        for alias in node.names:
            if alias.name == "*":
                scope.stars.append(module)
            else:
                target = f"{module}.{alias.name}"
                scope.bind(alias.asname or alias.name, Binding("import", node.lineno, scope, target))
        self._imported(node, scope, module, tuple(a.name for a in node.names))

    def assignment(self, node: ast.Assign, scope: Scope) -> None:
        for target in node.targets:
            self._assigned(target, node.value, scope)
        self.body(node, scope)

    def annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self._assigned(node.target, node.value, scope)
        self.body(node, scope)

    def named(self, node: ast.NamedExpr, scope: Scope) -> None:
        self._assigned(node.target, node.value, scope)
        self.body(node, scope)

    def augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        self._assigned(node.target, None, scope)
        self.body(node, scope)

    def loop(self, node: ast.For | ast.AsyncFor | ast.comprehension, scope: Scope) -> None:
        self._assigned(node.target, None, scope)
        self.body(node, scope)

    def with_item(self, node: ast.withitem, scope: Scope) -> None:
        if node.optional_vars is not None:
            self._assigned(node.optional_vars, node.context_expr, scope)
        self.body(node, scope)

    def except_handler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        if node.name:
            scope.bind(node.name, Binding("other", node.lineno, scope))
        self.body(node, scope)

    def match_name(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            scope.bind(node.name, Binding("other", node.lineno, scope))
        self.body(node, scope)

    def match_mapping(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            scope.bind(node.rest, Binding("other", node.lineno, scope))
        self.body(node, scope)

    def outer_names(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        scope.outer.update(node.names)

    def condition(self, node: ast.If, scope: Scope) -> None:
        self.all((node.test,), node, scope)
        before, self.runs = self.runs, self.runs and not _never_serves(node.test)
        self.all(node.body, node, scope)
        self.runs = before
        self.all(node.orelse, node, scope)

    def call(self, node: ast.Call, scope: Scope) -> None:
        self.script.calls.append(Site(node, scope, self.runs))
        self.body(node, scope)

    def name(self, node: ast.Name, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            self.script.mentions.append(Site(node, scope, self.runs))
        elif isinstance(node.ctx, ast.Del):
            scope.bind(node.id, Binding("other", node.lineno, scope))

    def attribute(self, node: ast.Attribute, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            self.script.mentions.append(Site(node, scope, self.runs))
        self.body(node, scope)

    def _inside(self, scope: Scope, name: str) -> str:
        return f"{scope.qualname}.{name}" if scope.qualname else name

    def _parameters(self, arguments: ast.arguments, scope: Scope) -> None:
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
        for argument in every:
            scope.bind(argument.arg, Binding("parameter", argument.lineno, scope, argument.arg))

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        base = self.script.package.split(".") if self.script.package else []
        kept = base[: len(base) - node.level + 1]
        return ".".join([*kept, *([node.module] if node.module else [])])

    def _imported(self, node: ast.stmt, scope: Scope, module: str, names: tuple[str, ...]) -> None:
        if not self.runs:
            return
        function = scope.qualname if scope.kind == "function" else ""
        guarded = self._guarded(node)
        self.script.imports.append(Import(module, names, node.lineno, self.script.path, guarded, function))

    def _guarded(self, node: ast.AST) -> bool:
        inner = node
        for outer in self.script.ancestors(node):
            if isinstance(outer, ast.Try) and inner in outer.body and any(_catches(h) for h in outer.handlers):
                return True
            inner = outer
        return False

    def _assigned(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            kind = "other" if value is None else "value"
            scope.bind(target.id, Binding(kind, target.lineno, scope, value=value))
        elif isinstance(target, ast.Attribute):
            self._assigned_attribute(target, value, scope)
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            paired = values if len(values) == len(target.elts) else [None] * len(target.elts)
            for part, given in zip(target.elts, paired, strict=True):
                self._assigned(part, given, scope)
        elif isinstance(target, ast.Starred):
            self._assigned(target.value, None, scope)

    def _assigned_attribute(self, target: ast.Attribute, value: ast.expr | None, scope: Scope) -> None:
        function = self.script.function_at(scope)
        owner = function.owner if function else ""
        if function and owner and dotted(target.value) in {*function.parameters[:1], "self", "cls"}:
            kind = "other" if value is None else "value"
            bindings = self.script.attributes.setdefault((owner, target.attr), [])
            bindings.append(Binding(kind, target.lineno, scope, value=value))


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(k is None or dotted(k) in _CATCHES_IMPORT_ERROR for k in kinds)


def _never_serves(test: ast.expr) -> bool:
    """Say whether a condition holds only when the script is run by itself, or for type checkers."""
    if isinstance(test, ast.Compare) and dotted(test.left) == "__name__":
        return any(isinstance(c, ast.Constant) and c.value == "__main__" for c in test.comparators)
    return dotted(test).rpartition(".")[2] == "TYPE_CHECKING"


_METHODS: dict[type[ast.AST], str] = {
    ast.FunctionDef: "function",
    ast.AsyncFunctionDef: "function",
    ast.Lambda: "anonymous",
    ast.ClassDef: "definition_of_class",
    ast.Import: "plain_import",
    ast.ImportFrom: "import_from",
    ast.Assign: "assignment",
    ast.AnnAssign: "annotated",
    ast.NamedExpr: "named",
    ast.AugAssign: "augmented",
    ast.For: "loop",
    ast.AsyncFor: "loop",
    ast.comprehension: "loop",
    ast.withitem: "with_item",
    ast.ExceptHandler: "except_handler",
    ast.MatchAs: "match_name",
    ast.MatchStar: "match_name",
    ast.MatchMapping: "match_mapping",
    ast.Global: "outer_names",
    ast.Nonlocal: "outer_names",
    ast.If: "condition",
    ast.Call: "call",
    ast.Name: "name",
    ast.Attribute: "attribute",
}
