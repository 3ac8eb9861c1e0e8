"""Which distribution gives which module, for environments that are known by names and versions only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from doctor import facts
from doctor.formats.distribution import canonical


def givers(module: str) -> tuple[str, ...]:
    """Return the distributions known to give a top-level module, () where the facts have none."""
    return tuple(facts.load("modules")["givers"].get(module, ()))


def standard(module: str, python: str) -> bool | None:
    """
    Say whether a top-level module is of the standard library of a Python.

    None where it was there once and the version is not known.
    """
    removed = facts.load("modules")["removed"].get(module)
    if removed is None:
        return module in sys.stdlib_module_names
    numbers = python.split(".")
    if len(numbers) < 2 or not numbers[1].isdigit():
        return None
    return int(numbers[1]) < int(removed.split(".")[1])


def finder(packages: Mapping[str, str], python: str, *, complete: bool) -> Callable[[str], bool | None]:
    """
    Return what says whether a dotted module can be imported where these packages are.

    True and False only by what is surely so; None where the packages' names don't tell.
    """

    def finds(module: str) -> bool | None:
        top = module.split(".", 1)[0]
        if standard(top, python):
            return True
        known = givers(top)
        if any(name in packages for name in known) or canonical(top) in packages:
            return True if "." not in module else None
        if not known or not complete:
            return None
        return False

    return finds
