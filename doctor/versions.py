"""Whether a version meets a specifier (PEP 440), without the part of packaging that costs 10 ms to import."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

_PLAIN = r"\s*(>=|<=|==|<)\s*(\d+(?:\.\d+)*)\s*$"


def meets(version: Version, specifier: str) -> bool:
    """
    Say whether a version meets a specifier such as ">=1.24,<2"; pre-releases count.

    Raises packaging's InvalidSpecifier for text that is none.
    """
    parts = [re.match(_PLAIN, part) for part in specifier.split(",")] if specifier else []
    plain = [p for p in parts if p is not None]
    # Releases against plain numbers are compared here; all that has special rules is left to packaging.
    if len(plain) == len(parts) and not (version.is_prerelease or version.is_postrelease):
        return all(_holds(version.release, p[1], tuple(map(int, p[2].split(".")))) for p in plain)
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)


def _holds(release: tuple[int, ...], operator: str, number: tuple[int, ...]) -> bool:
    width = max(len(release), len(number))
    left, right = release + (0,) * (width - len(release)), number + (0,) * (width - len(number))
    if operator == ">=":
        return left >= right
    if operator == "<=":
        return left <= right
    return left == right if operator == "==" else left < right
