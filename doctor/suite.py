"""Collects the checks of a package: every ``Check`` value of its modules. No registry, no side effect of importing."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from doctor.model import Check


def load(package: ModuleType) -> tuple[Check, ...]:
    """Return the checks of a package and its subpackages, ordered by area and id."""
    found: list[Check] = []
    for path in package.__path__:
        for area in pkgutil.iter_modules([path]):
            if area.ispkg:
                found += _of_area(f"{package.__name__}.{area.name}")
    return tuple(sorted(found, key=lambda c: (c.area, c.id)))


def _of_area(name: str) -> list[Check]:
    area = importlib.import_module(name)
    modules = (importlib.import_module(f"{name}.{m.name}") for m in pkgutil.iter_modules(area.__path__))
    return [value for module in modules for value in vars(module).values() if isinstance(value, Check)]
