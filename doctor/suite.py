"""Collects the checks of a package: every ``Check`` value of its modules. No registry, no side effect of importing."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from doctor import bundle
from doctor.model import Check

NAME = "doctor.checks"


def load(package: ModuleType) -> tuple[Check, ...]:
    """Return the checks of a package's areas (its folders), ordered by area and id."""
    home = Path(next(iter(package.__path__)))
    names = {f"{package.__name__}.{area}.{stem}": home / area / f"{stem}.py" for area, stem in sorted(_files(home))}
    found = bundle.checks(home, names)
    if found is None:
        modules = [importlib.import_module(name) for name in names]
        found = list({id(v): v for m in modules for v in vars(m).values() if isinstance(v, Check)}.values())
        bundle.write(home, names, found)
    return tuple(sorted(found, key=lambda c: (c.area, c.id)))


def _files(home: Path) -> Iterator[tuple[str, str]]:
    """Area and name of each module below a folder."""
    for area in os.listdir(home):  # noqa: PTH208 - names are all that is wanted, of 150 files
        names = os.listdir(home / area) if (home / area / "__init__.py").is_file() else ()  # noqa: PTH208
        yield from ((area, n.removesuffix(".py")) for n in names if n.endswith(".py") and not n.startswith("_"))


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
