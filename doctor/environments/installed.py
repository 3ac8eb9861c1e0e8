"""An environment whose distributions' own metadata can be read: what each of them requires is known too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from doctor.environment import Change, Environment

if TYPE_CHECKING:
    from doctor.symbols.values import Answer


class Installed(Environment):
    """
    Packages of one interpreter, with what each requires.

    Args:
        requires: gives the Requires-Dist lines of an installed distribution, () where it has none.
    """

    def __init__(
        self,
        role: str,
        source: str,
        packages: Mapping[str, str],
        python: str = "",
        *,
        complete: bool = True,
        changes: tuple[Change, ...] = (),
        finds: Callable[[str], bool | None] | None = None,
        names: Callable[[str, str], Answer] | None = None,
        requires: Callable[[str], tuple[str, ...]],
    ) -> None:
        super().__init__(role, source, packages, python, complete=complete, changes=changes, finds=finds, names=names)
        self.requires = requires
