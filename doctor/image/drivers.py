"""The GPU driver that an instance has, and what an image asks of it (NVIDIA_REQUIRE_CUDA)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.target import Target

_CONDITION = re.compile(r"(cuda|driver)\s*(>=|<=|=|!=|<|>)\s*([\d.]+)$")


def of(target: Target) -> tuple[int, str]:
    """
    Return the major version of the driver, and the AMI that has it, "" where the endpoint names none.

    Without one it is the newest that any source names for such an instance; 0 where none does.
    """
    facts = load("cuda_drivers")
    try:
        ami = target.ami
    except Unknown:
        return facts["defaults"].get(target.instance.split(".")[1], 0), ""
    return facts["amis"].get(ami, 0), ami


def is_disabled(variables: Mapping[str, str]) -> bool:
    """Say whether the engine is told to start images whatever they ask."""
    return variables.get("NVIDIA_DISABLE_REQUIRE", "").lower() in {"1", "true", "t"}


def is_met(asked: str, driver: int, cuda: str) -> bool:
    """
    Say whether a driver is one that an image starts with.

    Args:
        asked: alternatives with spaces between, each of conditions with commas between.
        driver: major version of the driver.
        cuda: the CUDA that it brings.
    """
    return any(all(_holds(one, driver, cuda) for one in group.split(",")) for group in asked.split())


def _holds(condition: str, driver: int, cuda: str) -> bool:
    """Whether one condition is met. Those of other things (brand, arch) may be: nothing here tells."""
    found = _CONDITION.match(condition)
    if found is None:
        return True
    asked, has = _number(found[3]), _number(cuda) if found[1] == "cuda" else (driver,)
    if found[1] == "driver":
        asked = asked[:1]  # of an instance's driver the major version is known
    return {
        ">=": has >= asked,
        "<=": has <= asked,
        "<": has < asked,
        ">": has > asked,
        "=": has == asked,
        "!=": has != asked,
    }[found[2]]


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part)
