"""What a family of libraries is to a measurement: environments, a program that writes and reads, and how it serves."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HOME = Path(__file__).parent
PROGRAMS = HOME / "programs"


class Env(NamedTuple):
    """
    One environment to measure in.

    ``name`` is what the data call it: the version of the leading library, and more where that says too little.
    ``python`` is a minor version; ``pins`` are what pip is asked for; ``variables`` are set when a program runs.
    """

    name: str
    python: str
    pins: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()


class Served(NamedTuple):
    """How an object is deployed: the stack, the object's path in the artifact, and the artifact's other files."""

    stack: str
    path: str
    files: Mapping[str, str]


class Family(NamedTuple):
    """
    Libraries measured together.

    Args:
        name: of the family: the data file, the program and the archive of written objects are named so.
        leading: the distribution whose versions are the matrix's axes.
        environments: in the order of the leading library's versions.
        served: how an object (by name) is deployed; None where it is written for others to use.
        newer: what pip is asked for, for a release that came after the last one here, with the Python to take.
        derive: other data files, by name, that follow from the measured table.
        together: whether one process reads what all environments wrote, because the library takes seconds to import;
            the program then takes several folders, and says of each what it said of one.
    """

    name: str
    leading: str
    environments: tuple[Env, ...]
    served: Callable[[str], Served | None]
    newer: Callable[[str], Env] | None = None
    derive: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None
    together: bool = False

    @property
    def program(self) -> Path:
        """The program that the environments' interpreters run: ``write FOLDER`` and ``read FOLDER``."""
        return PROGRAMS / f"{self.name}.py"


def families() -> dict[str, Family]:
    """Return all families by name: every module of ``measurements.families`` has one as FAMILY."""
    from measurements import families as package

    modules = (importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__))
    return {m.FAMILY.name: m.FAMILY for m in modules if hasattr(m, "FAMILY")}
