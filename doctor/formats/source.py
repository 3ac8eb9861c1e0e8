"""Python source as a value: a syntax tree with its scopes, functions, imports and calls. None of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef


class SyntaxProblem(NamedTuple):
    """What Python says of a source that it can't parse, and where; ``kind`` is SyntaxError, IndentationError, ..."""

    message: str
    line: int
    text: str
    kind: str = "SyntaxError"


class Import(NamedTuple):
    """
    One import of a module.

    Args:
        module: absolute dotted name.
        names: what is taken from it; empty for a plain ``import``, ("*",) for everything.
        line: where.
        path: the script.
        guarded: whether its failure is caught.
        function: qualified name of the function whose call imports it, "" where importing the script does.
    """

    module: str
    names: tuple[str, ...]
    line: int
    path: str
    guarded: bool
    function: str


class Binding(NamedTuple):
    """
    What gives a name its value.

    ``kind``: import (``target`` is dotted), function and class (``target`` is the qualified name), value (``value`` is
    the expression), parameter, or other (a loop, an unpacking, an augmented assignment).
    """

    kind: str
    line: int
    scope: Scope
    target: str = ""
    value: ast.expr | None = None


class Function(NamedTuple):
    """A function or method that a script defines; ``owner`` is the qualified name of its class, or ""."""

    qualname: str
    node: Definition
    path: str
    module: str
    owner: str
    scope: Scope

    @property
    def name(self) -> str:
        """Its own name, without those of the class or function around it."""
        return self.node.name

    @property
    def line(self) -> int:
        """The line of its ``def``."""
        return self.node.lineno

    @property
    def dotted(self) -> str:
        """Its name as another module would write it: ``inference.Service.load``."""
        return f"{self.module}.{self.qualname}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the positional parameters, ``self`` included."""
        return tuple(a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args))

    def accepts(self, count: int) -> bool:
        """Say whether a call with `count` positional arguments, ``self`` included, suits its signature."""
        arguments = self.node.args
        required = len(self.parameters) - len(arguments.defaults)
        keywords = any(d is None for d in arguments.kw_defaults)
        return required <= count <= (count if arguments.vararg else len(self.parameters)) and not keywords

    def returned(self) -> Iterator[ast.Return]:
        """Yield its own return statements, not those of functions inside it."""
        return (n for n in own_nodes(self.node) if isinstance(n, ast.Return))


class Scope:
    """The names of a module, class or function."""

    def __init__(self, kind: str, qualname: str, parent: Scope | None, node: ast.AST) -> None:
        self.kind = kind
        self.qualname = qualname
        self.parent = parent
        self.node = node
        self.bindings: dict[str, list[Binding]] = {}
        self.outer: set[str] = set()  # declared global or nonlocal
        self.stars: list[str] = []  # modules of which everything is imported

    def bind(self, name: str, binding: Binding) -> None:
        """Note one more binding, in the module's scope where the name is declared global."""
        scope = self
        while name in scope.outer and scope.parent is not None:
            scope = scope.parent
        scope.bindings.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """Return the innermost scope that binds a name, with its bindings; class scopes count for themselves only."""
        scope: Scope | None = self
        while scope is not None:
            visible = scope is self or scope.kind != "class"
            if visible and name in scope.bindings:
                return scope, scope.bindings[name]
            scope = scope.parent
        return None


class Site(NamedTuple):
    """A call, or the mention of a name, with the scope it stands in; ``runs`` is false under ``__main__`` guards."""

    node: ast.expr
    scope: Scope
    runs: bool


class Script:
    """
    One Python source file.

    Args:
        path: in the artifact.
        module: dotted name under which the server imports it.
        text: its source.
        error: why it can't be parsed, or None.
    """

    def __init__(self, path: str, module: str, text: str, tree: ast.Module | None, error: SyntaxProblem | None) -> None:
        self.path = path
        self.module = module
        self.text = text
        self.tree = tree or ast.Module(body=[], type_ignores=[])
        self.error = error
        self.scope = Scope("module", "", None, self.tree)
        self.functions: dict[str, Function] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.scopes: dict[str, Scope] = {"": self.scope}
        self.imports: list[Import] = []
        self.calls: list[Site] = []
        self.mentions: list[Site] = []
        self.parents: dict[ast.AST, ast.AST] = {}
        self.attributes: dict[tuple[str, str], list[Binding]] = {}  # (class, attribute) set through self
        self.lines = text.splitlines()
        self.early: dict[ast.AST, int] = {}  # by function: the line of its first return within a branch

    @property
    def package(self) -> str:
        """The dotted name that its relative imports start from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_at(self, scope: Scope) -> Function | None:
        """Return the function that a scope belongs to, or None at module and class level."""
        at: Scope | None = scope
        while at is not None:
            if at.kind == "function":
                return self.functions.get(at.qualname)
            at = at.parent
        return None


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function or module, leaving out the bodies of functions and classes inside it."""
    waiting = list(ast.iter_child_nodes(node))[::-1]
    while waiting:
        at = waiting.pop()
        yield at
        if not isinstance(at, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += list(ast.iter_child_nodes(at))[::-1]


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` of a chain of attributes as it is written; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
