"""Numbers as spans: rows of the first and the last of those that follow one another."""

from __future__ import annotations

from collections.abc import Iterable


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return numbers as rows of first and last."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


def runs(numbers: Iterable[int], releases: list[str]) -> list[list[str]]:
    """Return numbers of releases as rows of the first and the last release."""
    return [[releases[first], releases[last]] for first, last in spans(numbers)]
