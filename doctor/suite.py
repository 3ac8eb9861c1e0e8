"""Collects the checks of a package: every ``Check`` value of its modules. No registry, no side effect of importing."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

from doctor.model import Check

NAME = "doctor.checks"


def load(package: ModuleType) -> tuple[Check, ...]:
    """Return the checks of a package's areas (its folders), ordered by area and id."""
    found: list[Check] = []
    for home in map(Path, package.__path__):
        for area in home.iterdir():
            if (area / "__init__.py").is_file():
                found += _of_area(f"{package.__name__}.{area.name}", area)
    return tuple(sorted(found, key=lambda c: (c.area, c.id)))


def _of_area(name: str, home: Path) -> list[Check]:
    files = (p.stem for p in home.iterdir() if p.suffix == ".py" and not p.stem.startswith("_"))
    modules = (importlib.import_module(f"{name}.{stem}") for stem in files)
    return [value for module in modules for value in vars(module).values() if isinstance(value, Check)]


def checks_package() -> ModuleType:
    """
    Return the package of the checks as ``doctor.checks``.

    A wheel holds it inside doctor, so that a user's own `checks` folder can't shadow it; a checkout has it beside
    doctor, from where it is loaded under the same name.
    """
    if NAME not in sys.modules:
        here = Path(__file__).parent
        home = here / "checks" if (here / "checks").is_dir() else here.parent / "checks"
        package = ModuleType(NAME, "The checks, wherever they lie.")
        package.__path__ = [str(home)]
        sys.modules[NAME] = package
    return sys.modules[NAME]
