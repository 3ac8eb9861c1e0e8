"""Collects the checks of a package: every ``Check`` value of its modules. No registry, no side effect of importing."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path
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


def checks_package() -> ModuleType:
    """
    Return the package of the checks as ``doctor.checks``.

    A wheel holds it inside doctor, so that a user's own `checks` folder can't shadow it; a checkout has it beside
    doctor, from where it is loaded under the same name.
    """
    name = "doctor.checks"
    if name in sys.modules:
        return sys.modules[name]
    inside = Path(__file__).with_name("checks")
    home = inside if inside.is_dir() else Path(__file__).parent.parent / "checks"
    spec = importlib.util.spec_from_file_location(name, home / "__init__.py", submodule_search_locations=[str(home)])
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"the checks are not at {home}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
