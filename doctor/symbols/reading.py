"""Reads what a module has once it has been imported, out of its source, which is never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from doctor.formats.source import dotted
from doctor.symbols.conditions import UNKNOWN, always, value
from doctor.symbols.values import Bound, Contents, Star

LARGEST = 3 << 20
DYNAMIC = (b"globals(", b"exec(", b"sys.modules", b"setattr(", b"__dict__", b"vars(", b"locals(", b"modules[")
_READS = {"get", "keys", "items", "values", "copy", "__contains__"}
_CHANGES = {"update", "extend", "append", "add", "setdefault", "pop", "remove", "insert", "clear", "discard"}
_SPACES = {"globals", "vars", "locals"}


def read(data: bytes, package: str, python: str, own: str = "") -> Contents:
    """
    Return what a module's source binds. What can't be read has ``opaque``; raises nothing, whatever the bytes.

    Args:
        data: its source.
        package: the dotted name that its relative imports start from.
        python: of the environment ("3.10"), "" where nobody knows.
        own: the module's last name, by which code may speak of it.
    """
    contents = Contents(package)
    if len(data) > LARGEST:
        contents.opaque = f"{len(data)} bytes of source are not read"
        return contents
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
        reading = _Reading(contents, python)
        reading.block(tree.body)
        if any(word in data for word in DYNAMIC):
            contents.opaque = contents.opaque or _dynamic(tree, own)
        if b"global " in data or b":=" in data:
            _elsewhere(tree, contents)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        contents.opaque = f"its source can't be read: {type(error).__name__}"
    return contents


class _Reading:
    """Goes through a module's statements in order, as the interpreter would."""

    def __init__(self, contents: Contents, python: str) -> None:
        self.contents = contents
        self.python = python
        self._always = always(python)
        self.branches = 0  # around the statement being read

    def block(self, body: Iterable[ast.stmt]) -> bool:
        """Read statements in order; False where one of them raises."""
        for node in body:
            method = _METHODS.get(type(node))
            if method:
                getattr(self, method)(node)
            if isinstance(node, ast.Raise):
                return False
        return True

    def look(self, name: str) -> Any:
        """Return the value of a name, where a constant was bound to it."""
        if name in self._always:
            return self._always[name]
        bound = self.contents.names.get(name)
        if bound is None or not bound.sure or bound.kind != "value" or not isinstance(bound.node, ast.expr):
            return UNKNOWN
        return UNKNOWN if name in self.contents.changed else value(bound.node, lambda _name: UNKNOWN)

    def bind(self, name: str, bound: Bound) -> None:
        self.contents.names[name] = bound
        self.contents.removed.discard(name)

    def definition(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        self.bind(node.name, Bound(kind, node.lineno, node=node))

    def plain_import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.bind(bound, Bound("import", node.lineno, alias.name if alias.asname else bound))

    def import_from(self, node: ast.ImportFrom) -> None:
        module = absolute(node, self.contents.package)
        for alias in node.names:
            if alias.name == "*":
                self.contents.stars.append(Star(module, node.lineno, not self.branches))
            else:
                self.bind(alias.asname or alias.name, Bound("from", node.lineno, module, alias.name))

    def assignment(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assigned(target, node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node.target, node.value)

    def augmented(self, node: ast.AugAssign) -> None:
        name = dotted(node.target)
        if name == "__all__":
            self._export(node.value)
        elif name:
            self.contents.changed.add(name)

    def expression(self, node: ast.Expr) -> None:
        call = node.value
        if not isinstance(call, ast.Call):
            return
        name = dotted(call.func)
        if name in {"__all__.extend", "__all__.append", "__all__.remove"} and len(call.args) == 1:
            if name.endswith("remove"):
                self.contents.exports_unclear = True
            else:
                self._export(call.args[0] if name.endswith("extend") else ast.List([call.args[0]], ast.Load()))
        elif name.rpartition(".")[2] in _CHANGES and "." in name:
            self.contents.changed.add(name.rpartition(".")[0])
        elif name == "setattr" and len(call.args) == 3 and isinstance(call.args[1], ast.Constant):
            self.bind(str(call.args[1].value), Bound("value", node.lineno, sure=False))

    def condition(self, node: ast.If) -> None:
        test = value(node.test, self.look)
        if _for_checkers(node.test):
            self._checked(node)
        elif test is UNKNOWN:
            self._either([[*node.body], [*node.orelse]])
        else:
            self.block(node.body if test else node.orelse)

    def attempt(self, node: ast.Try) -> None:
        """A body that may fail, and what is done where it does."""
        ways = [[*node.body, *node.orelse], *(h.body for h in node.handlers)]
        if len(ways) > 1:
            self._either(ways)
        else:
            self.block(ways[0])
        self.block(node.finalbody)

    def context(self, node: ast.With) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._assigned(item.optional_vars, None)
        if any("suppress" in dotted(getattr(i.context_expr, "func", i.context_expr)) for i in node.items):
            self._either([node.body, []])
        else:
            self.block(node.body)

    def loop(self, node: ast.For | ast.While) -> None:
        if isinstance(node, ast.For):
            self._assigned(node.target, None)
        self._either([[*node.body], [*node.orelse]])

    def match(self, node: ast.Match) -> None:
        captured = [p for case in node.cases for p in ast.walk(case.pattern)]
        for name in (getattr(p, "name", None) or getattr(p, "rest", None) for p in captured):
            if name:
                self.bind(name, Bound("value", node.lineno, sure=False))
        self._either([*(case.body for case in node.cases), []])

    def alias(self, node: ast.stmt) -> None:
        """Read ``type Rows = list[float]``."""
        self._assigned(getattr(node, "name"), None)  # noqa: B009 - of Python 3.12 and newer

    def deletion(self, node: ast.Delete) -> None:
        for target in node.targets:
            name = dotted(target)
            if name not in self.contents.names:
                if name:
                    self.contents.removed.add(name)
            else:
                del self.contents.names[name]
                self.contents.removed.add(name)

    def _checked(self, node: ast.If) -> None:
        """What only type checkers run is kept apart: a lazy module gives the same when asked."""
        negated = isinstance(node.test, ast.UnaryOp)
        body, other = (node.orelse, node.body) if negated else (node.body, node.orelse)
        checked = self.contents.checked or Contents(self.contents.package)
        reading = _Reading(checked, self.python)
        reading.block(body)
        self.contents.checked = checked
        self.block(other)

    def _either(self, ways: list[list[ast.stmt]]) -> None:
        """Run one of several blocks, nobody knows which: what all of them bind is surely bound."""
        start = self.contents.names
        after: list[Mapping[str, Bound]] = []
        self.branches += 1
        for way in ways:
            self.contents.names = dict(start)
            if self.block(way):
                after.append(self.contents.names)
        self.branches -= 1
        self.contents.names = _merged(start, after) if after else start

    def _assigned(self, target: ast.expr, given: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            if target.id == "__all__" and given is not None:
                self.contents.exports, self.contents.exports_unclear = [], bool(self.branches)
                self._export(given)
            self.bind(target.id, Bound("value", target.lineno, node=given))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in target.elts:
                self._assigned(part, None)
            if given is not None and "__getattr__" in {dotted(e) for e in target.elts}:
                self._attached(given)
        elif isinstance(target, ast.Starred):
            self._assigned(target.value, None)
        elif isinstance(target, ast.Subscript) and not _is_own_entry(target):
            self.contents.changed.add(dotted(target.value))
        elif isinstance(target, ast.Subscript):
            self.contents.lazy = isinstance(given, ast.Call) and "lazy" in dotted(given.func).lower()
            if not self.contents.lazy:
                self.contents.opaque = "it puts another object in its place in sys.modules"

    def _export(self, node: ast.expr) -> None:
        """Add what an expression lists to __all__."""
        contents = self.contents
        contents.exports = contents.exports if contents.exports is not None else []
        listed = value(node, self.look)
        if isinstance(listed, (tuple, list, set, dict)) and all(isinstance(x, str) for x in listed):
            contents.exports += [str(x) for x in listed]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            self._export(node.left)
            self._export(node.right)
        elif dotted(node).endswith(".__all__"):
            contents.exports.append(f"={dotted(node).removesuffix('.__all__')}")
        elif dotted(node) != "__all__":
            contents.exports_unclear = True

    def _attached(self, call: ast.expr) -> None:
        """What lazy_loader attaches: a literal table of submodules and their names, or a stub beside."""
        name = dotted(call.func) if isinstance(call, ast.Call) else ""
        if not isinstance(call, ast.Call) or not name.endswith(("attach", "attach_stub")):
            return
        self.contents.names.pop("__getattr__", None)
        if name.endswith("attach_stub"):
            self.contents.stub = ".pyi"
            return
        given = dict(zip(("", "submodules", "submod_attrs"), call.args, strict=False))
        given |= {k.arg or "": k.value for k in call.keywords}
        for key in ("submodules", "submod_attrs"):
            table = value(given[key], self.look) if key in given else ()
            if table is UNKNOWN:
                self.contents.opaque = "its lazy table is made while it runs"
                continue
            for inner in table:
                names = table[inner] if isinstance(table, dict) else (inner,)
                for lazy in names if isinstance(names, (tuple, list)) else ():
                    self.bind(str(lazy), Bound("from", call.lineno, f"{self.contents.package}.{inner}", str(lazy)))


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the dotted module of a ``from`` import within a package."""
    if not node.level:
        return node.module or ""
    base = package.split(".") if package else []
    kept = base[: len(base) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _for_checkers(test: ast.expr) -> bool:
    inner = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    return dotted(inner).rpartition(".")[2] == "TYPE_CHECKING"


def _merged(start: Mapping[str, Bound], after: list[Mapping[str, Bound]]) -> dict[str, Bound]:
    """Return what is bound after one of several blocks ran: surely what all of them leave bound."""
    merged: dict[str, Bound] = {}
    for name in dict.fromkeys(n for names in after for n in names):
        bounds = [names[name] for names in after if name in names]
        best = next((b for b in bounds if b is not start.get(name)), bounds[0])
        merged[name] = best._replace(sure=len(bounds) == len(after) and all(b.sure for b in bounds))
    return merged


def _is_own_entry(node: ast.Subscript) -> bool:
    return dotted(node.value).endswith("modules") and dotted(node.slice) == "__name__"


def _dynamic(tree: ast.Module, own: str) -> str:
    """Return what in a module may bind names that its statements don't show, "" where nothing does."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (said := _makes_names(node, own, parents)):
            return f"{said} at line {node.lineno} may bind any name"
    return ""


def _makes_names(node: ast.Call, own: str, parents: Mapping[ast.AST, ast.AST]) -> str:
    name = dotted(node.func)
    if name == "exec":
        return "exec()"
    if name == "setattr" and node.args and _is_module(node.args[0], own, parents):
        literal = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
        return "" if literal else "setattr()"
    space = name in _SPACES and not node.args
    if not space or (name == "locals" and _function_of(node, parents)):
        return ""
    return "" if _only_read(node, parents) else f"{name}()"


def _only_read(node: ast.Call, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether the names of a module are looked at where they stand, not given away or changed."""
    parent = parents.get(node)
    if isinstance(parent, ast.Subscript):
        return isinstance(parent.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr in _READS
    if isinstance(parent, ast.Call):
        return dotted(parent.func) in {"list", "sorted", "set", "tuple", "len", "dict"}
    return isinstance(parent, (ast.Compare, ast.comprehension, ast.For))


def _is_module(node: ast.expr, own: str, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether an object may be the module itself: sys.modules[...], or a name that isn't a parameter."""
    if isinstance(node, ast.Subscript):
        return dotted(node.value).endswith("modules")
    if dotted(node).rpartition(".")[2] == own:
        return True
    if not isinstance(node, ast.Name):
        return False
    function = _function_of(node, parents)
    if function is None:
        return True
    return node.id not in {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)} and "module" in node.id.lower()


def _function_of(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST | None:
    at: ast.AST | None = node
    while at is not None and not isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        at = parents.get(at)
    return at


def _elsewhere(tree: ast.Module, contents: Contents) -> None:
    """Note the names that functions may bind, and those that expressions bind on the way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found = node.names
        elif isinstance(node, ast.NamedExpr):
            found = [node.target.id]
        else:
            continue
        for name in found:
            contents.names.setdefault(name, Bound("value", node.lineno, sure=False))


_METHODS: dict[type[ast.AST], str] = {
    ast.FunctionDef: "definition", ast.AsyncFunctionDef: "definition", ast.ClassDef: "definition",
    ast.Import: "plain_import", ast.ImportFrom: "import_from", ast.Assign: "assignment", ast.AnnAssign: "annotated",
    ast.AugAssign: "augmented", ast.Expr: "expression", ast.If: "condition", ast.Try: "attempt", ast.For: "loop",
    ast.While: "loop", ast.With: "context", ast.Delete: "deletion", ast.Match: "match",
}  # fmt: skip
_METHODS |= {
    getattr(ast, name): method
    for name, method in (("TryStar", "attempt"), ("TypeAlias", "alias"))
    if hasattr(ast, name)
}
