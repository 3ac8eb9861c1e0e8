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
    What was measured of one distribution.

    Args:
        releases: that were measured, the oldest first.
        modules: by dotted name, a sign for each release: "+" there, "-" absent, "?" unknown.
        names: by module and name, likewise.
    """

    releases: tuple[str, ...]
    modules: Mapping[str, str]
    names: Mapping[tuple[str, str], str]


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
    for signs in (lists.names.get((module, name)), lists.modules.get(f"{module}.{name}")):
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
        signs = lists.modules.get(".".join(parts[:count]))
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
    modules = {m: signs for signs, listed in data["modules"].items() for m in listed.split()}
    names = {
        (m, n): signs for signs, listed in data["names"].items() for m, words in listed.items() for n in words.split()
    }
    return Lists(tuple(data["releases"]), modules, names)


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
