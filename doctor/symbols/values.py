"""What the symbols of an environment are told as: an answer, and what the source of one module shows."""

from __future__ import annotations

import ast
from typing import NamedTuple


class Answer(NamedTuple):
    """
    Whether a module, or a name in one, is there.

    Args:
        there: True, False, or None where nobody can know without running it.
        where: the file and line that binds the name, or the file that lacks it: ``sklearn/base.py:42``; "" unknown.
        why: what makes it unknown, or what was compared; "" where ``where`` says all.
    """

    there: bool | None
    where: str = ""
    why: str = ""


def present(where: str) -> Answer:
    """Return that it is there, and where."""
    return Answer(there=True, where=where)


def absent(where: str) -> Answer:
    """Return that it isn't there, and which file lacks it."""
    return Answer(there=False, where=where)


def unknown(why: str, where: str = "") -> Answer:
    """Return that nobody can know."""
    return Answer(None, where, why)


class Bound(NamedTuple):
    """
    What gives a module's name its value.

    Args:
        kind: "class", "function", "value", "import" (a module), or "from" (a name of another module).
        line: where.
        module: dotted, of an import.
        name: in that module.
        sure: False where a condition or a caught failure may leave it out.
        node: the definition, or the expression of a value.
    """

    kind: str
    line: int
    module: str = ""
    name: str = ""
    sure: bool = True
    node: ast.AST | None = None


class Star(NamedTuple):
    """``from module import *``."""

    module: str
    line: int
    sure: bool = True


class Contents:
    """
    What a module has once it has been imported, as far as its source shows.

    Args:
        package: the dotted name that its relative imports start from.
    """

    def __init__(self, package: str) -> None:
        self.package = package
        self.names: dict[str, Bound] = {}
        self.stars: list[Star] = []
        self.exports: list[str] | None = None  # __all__, "=module" standing for that of another; None where not set
        self.exports_unclear = False
        self.removed: set[str] = set()  # by del, once they were there
        self.changed: set[str] = set()  # names whose values other statements change
        self.opaque = ""  # why there may be names that no statement binds
        self.stub = ""  # the file beside it that says what it gives
        self.checked: Contents | None = None  # what `if TYPE_CHECKING` binds
        self.lazy = False  # stands for another object in sys.modules that gives its names when asked
