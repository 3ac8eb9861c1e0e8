"""
Which modules and names a release of a distribution has, where only its version is known.

The facts (``doctor/facts/symbols/<distribution>.json``) have what came or went between measured releases. A release
between two measured ones is judged by both where they agree; before the first and after the last, nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from doctor.facts import load
from doctor.symbols.values import Answer

_SAYS = {"+": True, "-": False}


class Lists(NamedTuple):
    """
    What was measured of one distribution, by its signs: for each release "+" there, "-" absent, "?" unknown.

    Args:
        releases: that were measured, the oldest first.
        modules: those that have the same signs, in one text.
        names: likewise, by module.
    """

    releases: tuple[str, ...]
    modules: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]

    def of_module(self, dotted: str) -> str | None:
        """Return the signs of a module, None where it neither came nor went."""
        return next((signs for signs, listed in self.modules.items() if _is_in(dotted, listed)), None)

    def of_name(self, module: str, name: str) -> str | None:
        """Return the signs of a name, None where it neither came nor went."""
        return next((signs for signs, by in self.names.items() if module in by and _is_in(name, by[module])), None)


def has(packages: Mapping[str, str], module: str, name: str) -> Answer:
    """
    Say whether a module has a name in the releases that an environment lists.

    Args:
        packages: canonical distribution name to version.
        module: dotted.
        name: in it: a submodule counts.

    Unknown without a reason where the release was measured, and the name neither came nor went.
    """
    found = _lists(packages, module)
    if found is None:
        return Answer(None, why=f"no list of what {module} has")
    distribution, version, lists = found
    for signs in (lists.of_name(module, name), lists.of_module(f"{module}.{name}")):
        if signs is not None:
            return _answer(signs, distribution, version, lists.releases)
    return _nothing(distribution, version, lists.releases)


def module(packages: Mapping[str, str], dotted: str) -> Answer:
    """Say whether the releases that an environment lists have a module, or one of those it lies in."""
    found = _lists(packages, dotted)
    if found is None:
        return Answer(None, why=f"no list of what {dotted} has")
    distribution, version, lists = found
    parts = dotted.split(".")
    answer = _nothing(distribution, version, lists.releases)
    for count in range(2, len(parts) + 1):
        signs = lists.of_module(".".join(parts[:count]))
        if signs is not None:
            answer = _answer(signs, distribution, version, lists.releases)
            if answer.there is False:
                return answer
    return answer


def _lists(packages: Mapping[str, str], dotted: str) -> tuple[str, str, Lists] | None:
    distributions = load("symbols/index")["modules"].get(dotted.split(".", maxsplit=1)[0], ())
    for name in distributions:
        if packages.get(name):
            return name, packages[name], _of(load("symbols/index")["lists"].get(name, name))
    return None


@cache
def _of(name: str) -> Lists:
    data = load(f"symbols/{name}")
    return Lists(tuple(data["releases"]), data["modules"], data["names"])


def _is_in(word: str, listed: str) -> bool:
    return word in listed and word in listed.split()


def _answer(signs: str, distribution: str, version: str, releases: tuple[str, ...]) -> Answer:
    near = _near(version, releases)
    found = {_SAYS.get(signs[i]) for i in near}
    if len(found) != 1:
        return Answer(None, why=f"{distribution} {version} was not measured")
    listed = " and ".join(releases[i] for i in near)
    exactly = releases[near[0]] == version
    return Answer(found.pop(), why=f"{distribution} {version}" + ("" if exactly else f", between {listed}"))


def _nothing(distribution: str, version: str, releases: tuple[str, ...]) -> Answer:
    """What is listed nowhere neither came nor went between the measured releases: no reason to doubt it."""
    return Answer(None, why="" if _near(version, releases) else f"{distribution} {version} was not measured")


@cache
def _near(version: str, releases: tuple[str, ...]) -> tuple[int, ...]:
    """Indices of the measured releases that a version is or lies between; () outside them."""
    if version in releases:
        return (releases.index(version),)
    from packaging.version import InvalidVersion, Version

    try:
        asked = Version(version.partition("+")[0])
    except InvalidVersion:
        return ()
    numbers = [Version(r) for r in releases]
    below = [i for i, n in enumerate(numbers) if n <= asked]
    above = [i for i, n in enumerate(numbers) if n >= asked]
    return tuple(sorted({below[-1], above[0]})) if below and above else ()
