"""An environment as a value: the Python and the packages that will be there (serving) or were there (training)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.model import Evidence, Unknown

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.symbols.values import Answer


class Change(NamedTuple):
    """
    What one line of code/requirements.txt does to an environment.

    ``kind``: keeps, adds, replaces, conflicts, unpinned. ``before`` and ``after`` are versions, "" where there is none
    or nobody can know. ``specifier`` is what may be installed; ``because`` says which requirement of another
    distribution asks for it, "" where the line itself does: ``torchvision 0.20.1 requires torch==2.5.1``.
    """

    kind: str
    name: str
    requirement: str
    before: str
    after: str
    where: str  # artifact:code/requirements.txt:3
    specifier: str = ""
    because: str = ""


class Environment:
    """
    Packages of one interpreter.

    Args:
        role: "serving" or "training": the scheme of its evidence.
        source: where it was read: "serving.txt", "image.tar (/usr/bin/python3.10)".
        packages: canonical distribution name to version; "" where it is named without one.
        python: "3.10" or "3.10.13", "" where nothing says so.
        complete: whether a distribution that isn't listed is surely absent (a freeze, an image: yes; a few
            requirements: no).
        changes: what start-up installs on top.
        finds: says of a dotted module, or module attribute's file, whether it is there: True, False, None (unknown).
        names: says of a module that is there, and a name, whether it has it; without one, its release's list does.
    """

    def __init__(
        self,
        role: str,
        source: str,
        packages: Mapping[str, str],
        python: str = "",
        *,
        complete: bool = False,
        changes: tuple[Change, ...] = (),
        finds: Callable[[str], bool | None] | None = None,
        names: Callable[[str, str], Answer] | None = None,
    ) -> None:
        self.role = role
        self.source = source
        self.packages = packages
        self.python = python
        self.complete = complete
        self.changes = changes
        self._finds = finds
        self._names = names

    def version(self, name: str) -> Version | None:
        """Return the version of a distribution, or None where it is surely absent; Unknown where nothing says."""
        from packaging.version import InvalidVersion, Version

        text = self.packages.get(name)
        if text is None and self.complete:
            return None
        if not text:
            raise Unknown(f"{self.source} doesn't say which {name} is there")
        try:
            return Version(text)
        except InvalidVersion:
            raise Unknown(f"{self.source} gives {name} the version {text!r}, which can't be compared") from None

    def python_version(self) -> tuple[int, int]:
        """Return (major, minor) of its Python; Unknown where nothing says."""
        parts = self.python.split(".")
        if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
            raise Unknown(f"{self.source} doesn't say which Python is there")
        return int(parts[0]), int(parts[1])

    def finds(self, module: str) -> bool | None:
        """Say whether a dotted module can be imported there: True, False, or None where nobody can know."""
        return self._finds(module) if self._finds else None

    def has(self, module: str, name: str) -> Answer:
        """Say whether a module that is there has a name, as ``from module import name`` would find."""
        from doctor.symbols import measured

        found = self._names(module, name) if self._names else None
        return found if found is not None and found.there is not None else measured.has(self.packages, module, name)

    def evidence(self, name: str) -> Evidence:
        """Return the observation of one distribution: ``serving:pkg/numpy`` ``1.24.4 (serving.txt)``."""
        return Evidence(f"{self.role}:pkg/{name}", f"{self.packages.get(name) or 'absent'} ({self.source})")
