"""Check: a script needs a newer Python than serves it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.source import Script
    from doctor.handler import Handler

_SUBSCRIPTED = {"list", "dict", "tuple", "set", "frozenset", "type"}


@check(
    title="A script of the handler needs a newer Python than the server's",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.python.org/3/whatsnew/index.html",
    symptoms=(
        r"SyntaxError: invalid syntax",
        r"TypeError: unsupported operand type\(s\) for \|: 'type' and",
        r"TypeError: 'type' object is not subscriptable",
    ),
    explains=("hooks-absent",),
)
def syntax_newer_than_python(handler: Handler, serving: Environment) -> Iterator[Finding]:
    """
    The handler was written on a newer Python than the image has.

    ``match`` needs 3.10, ``:=`` 3.8, ``int | None`` in an annotation 3.10 and ``list[int]`` 3.9. The import of the
    handler fails, and so does every worker. Write it in older words, or take an image with a newer Python.
    """
    version = serving.python_version()
    for script in handler.scripts.values():
        if not handler.imported(script) or script.error is not None:
            continue
        for line, what, log in (*_syntax(script, version), *_annotations(script, version)):
            yield Finding(
                message=f"{script.path}:{line} fails on Python {serving.python}: {what}",
                evidence=(
                    handler.seen(script.path, line),
                    Evidence("serving:python", f"{serving.python} ({serving.source})"),
                ),
                fix=f"serve with a newer Python than {version[0]}.{version[1]}, or rewrite {script.path}:{line}",
                log=log,
                cause=f"artifact:{script.path}",
            )
            break


def _syntax(script: Script, version: tuple[int, int]) -> Iterator[tuple[int, str, str]]:
    try:
        ast.parse(script.text, feature_version=version)
    except SyntaxError as error:
        yield error.lineno or 1, error.msg, "SyntaxError: invalid syntax"
    except ValueError:
        return


def _annotations(script: Script, version: tuple[int, int]) -> Iterator[tuple[int, str, str]]:
    if version >= (3, 10) or any(i.module == "__future__" and "annotations" in i.names for i in script.imports):
        return
    for annotation in _evaluated(script):
        for node in ast.walk(annotation):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
                said = "'type' and 'NoneType'"
                yield (
                    node.lineno,
                    "X | Y between types is new in 3.10",
                    f"TypeError: unsupported operand type(s) for |: {said}",
                )
            plain = (
                isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _SUBSCRIPTED
            )
            if plain and version < (3, 9):
                yield annotation.lineno, "list[...] is new in 3.9", "TypeError: 'type' object is not subscriptable"


def _evaluated(script: Script) -> Iterator[ast.expr]:
    """Yield the annotations that importing the script evaluates."""
    for function in script.functions.values():
        if function.scope.parent is not None and function.scope.parent.kind in {"module", "class"}:
            arguments = function.node.args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            yield from (a.annotation for a in every if a.annotation is not None)
            if function.node.returns is not None:
                yield function.node.returns
