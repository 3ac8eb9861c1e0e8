"""What a handler's source says of requests: types that it compares with, keys that it reads."""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

_TYPE = re.compile(r"^(application|text|image|audio|video)/[\w.+-]+$")
_FIRST = ("input_fn", "transform_fn", "input_handler", "handler", "invocations", "predict", "predict_fn")
# Which parameter of a hook is the content type, which the accept type.
_CONTENT = {"input_fn": 1, "transform_fn": 2}
_ACCEPT = {"output_fn": 1, "transform_fn": 3}
_CONTENT_ATTRIBUTES, _ACCEPT_ATTRIBUTES = ("request_content_type", "content_type"), ("accept_header",)


class Claims(NamedTuple):
    """
    What a source says.

    Args:
        content_types: that its input side compares with.
        accepts: that its output side compares with.
        keys: texts by which it looks into the request, in order.
        functions: names of the functions that it defines.
    """

    content_types: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


def claims(source: str) -> Claims:
    """Return what a handler's source says; nothing where it can't be parsed."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return Claims()
    functions = {n.name: n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    constants = _constants(tree)
    content: list[str] = []
    accepts: list[str] = []
    for name, node in functions.items():
        content += _compared(node, _parameter(node, _CONTENT.get(name)), _CONTENT_ATTRIBUTES, constants)
        accepts += _compared(node, _parameter(node, _ACCEPT.get(name)), _ACCEPT_ATTRIBUTES, constants)
    keys = next((found for found in (_keys(functions[n]) for n in _FIRST if n in functions) if found), [])
    return Claims(_once(content), _once(accepts), _once(keys), tuple(functions))


def text_of(node: Any) -> str | None:
    """Return the text of a literal, which is a Str within an Index until Python 3.8; None of anything else."""
    inner = getattr(node, "value", None) if type(node).__name__ == "Index" else node
    for name in ("value", "s"):
        value = getattr(inner, name, None)
        if isinstance(value, str) and type(inner).__name__ in ("Constant", "Str"):
            return value
    return None


def _constants(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            text = text_of(node.value)
            for target in node.targets:
                if text is not None and isinstance(target, ast.Name):
                    found[target.id] = text
    return found


def _parameter(node: Any, number: int | None) -> str:
    if number is None:
        return ""
    names = [a.arg for a in node.args.args]
    return str(names[number]) if number < len(names) else ""


def _compared(function: Any, parameter: str, attributes: tuple[str, ...], constants: dict[str, str]) -> list[str]:
    found: list[str] = []
    for node in ast.walk(function):
        if not isinstance(node, ast.Compare):
            continue
        inside = list(ast.walk(node))
        names = {n.id for n in inside if isinstance(n, ast.Name)}
        seen = {n.attr for n in inside if isinstance(n, ast.Attribute)}
        if (parameter and parameter in names) or seen & set(attributes):
            texts = [text_of(n) or constants.get(getattr(n, "id", ""), "") for n in inside]
            found += [t for t in texts if _TYPE.match(t)]
    return found


def _keys(function: Any) -> list[str]:
    found: list[tuple[int, str]] = []
    node: Any
    for node in ast.walk(function):
        text = None
        if isinstance(node, ast.Subscript):
            text = text_of(node.slice)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "pop") and node.args:
            text = text_of(node.args[0])
        if text is not None and text.lower() not in ("content-type", "accept"):
            found.append((node.lineno, text))
    return [text for _, text in sorted(found)]


def _once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
