"""Check: a model.py for Triton lacks the class or the method that it calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.errors import Unreadable
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.triton import loaded

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.models import Models
    from doctor.target import Target


@check(
    title="A model.py for Triton lacks what the Python backend calls",
    fault="handler-contract",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/triton-inference-server/python_backend#usage",
    symptoms=(
        r"has no attribute 'TritonPythonModel'",
        r"'TritonPythonModel' object has no attribute 'execute'",
    ),
)
def triton_python_model_incomplete(
    artifact: Artifact, models: Models, stack: str, target: Target
) -> Iterator[Finding | Unknown]:
    """
    The Python backend makes an object of the class TritonPythonModel in model.py and calls its execute(requests).

    A class of another name isn't found; without execute the model loads and every request fails. initialize and
    finalize may be left out.
    """
    if stack != "triton" or "config.pbtxt" in artifact:
        return
    for model in loaded(artifact, models, target):
        for version in model.versions if model.backend == "python" else ():
            path = f"{model.folder}/{version}/{model.filename}"
            if path in artifact:
                yield from _of_script(artifact, path)


def _of_script(artifact: Artifact, path: str) -> Iterator[Finding | Unknown]:
    try:
        tree = ast.parse(artifact.data(path))
    except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield Unknown(f"{path}: {error}")
        return
    named = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | _imported(tree)
    classes = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
    found = classes.get("TritonPythonModel")
    if found is None:
        if not {"TritonPythonModel", "*", "globals", "exec", "setattr"} & named:
            yield _no_class(path, classes)
    elif not found.bases and not found.decorator_list and not any(_is_execute(n) for n in ast.walk(found)):
        methods = [n.name for n in found.body if isinstance(n, ast.FunctionDef)]
        yield Finding(
            message=f"the TritonPythonModel of {path} defines {', '.join(methods) or 'nothing'}, "
            "and requests go to execute",
            evidence=(Evidence(f"artifact:{path}:{found.lineno}", "class TritonPythonModel"),),
            fix="def execute(self, requests):",
            log="AttributeError: 'TritonPythonModel' object has no attribute 'execute'",
            cause=f"artifact:{path}",
        )


def _no_class(path: str, classes: dict[str, ast.ClassDef]) -> Finding:
    names = ", ".join(list(classes)[:4]) or "no class"
    line = next(iter(classes.values())).lineno if classes else 1
    return Finding(
        message=f"{path} defines {names}, and Triton's Python backend looks for TritonPythonModel",
        evidence=(Evidence(f"artifact:{path}:{line}", f"class {names}" if classes else "no class"),),
        fix="class TritonPythonModel:",
        log="Internal: AttributeError: module '1.model' has no attribute 'TritonPythonModel'",
        cause=f"artifact:{path}",
    )


def _is_execute(node: ast.AST) -> bool:
    function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "execute"
    return function or (isinstance(node, ast.Name) and node.id in {"execute", "setattr"})


def _imported(tree: ast.Module) -> set[str]:
    return {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
