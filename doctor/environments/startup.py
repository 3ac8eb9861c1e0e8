"""What a serving stack installs when its container starts, and from which file (``requirements_places.json``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.errors import Unreadable
from doctor.facts import load
from doctor.formats.requirements import Line, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.artifact.tree import Artifact


def place(artifact: Artifact, stack: str) -> str:
    """Return the path of the requirements file that a stack installs of an artifact, "" where it installs none."""
    row: dict[str, Any] = load("requirements_places")["stacks"].get(stack, {})
    path: str = row.get("path", "")
    if path not in artifact or ("unless" in row and artifact.has_folder(row["unless"])):
        return ""
    return path


def lines(artifact: Artifact, stack: str) -> tuple[Line, ...]:
    """Return the lines that start-up installs, () where there are none or the file can't be read as requirements."""
    path = place(artifact, stack)
    try:
        return parse(path, artifact.data) if path else ()
    except Unreadable:
        return ()


def upgrades(stack: str) -> bool:
    """Say whether a stack's start-up upgrades what is there and asked for without a version."""
    return bool(load("requirements_places")["stacks"].get(stack, {}).get("upgrades"))


def indexes(stated: tuple[Line, ...], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return what says that pip asks another index than the Python Package Index, or folders of files."""
    options = ("-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links", "--no-index")
    said = [x.text for x in stated if x.kind == "option" and x.text.replace("=", " ").split()[0] in options]
    named = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "CA_REPOSITORY_ARN")
    return (*said, *(v for v in named if variables.get(v)))
