"""Names and metadata of installed Python distributions: what ``*.dist-info`` and ``*.egg-info`` say."""

from __future__ import annotations

from typing import NamedTuple

_MOST_HEADERS = 20_000


def canonical(name: str) -> str:
    """Return the normalised name of a distribution: ``Scikit_Learn`` is ``scikit-learn``."""
    lowered = name.strip().lower().replace("_", "-").replace(".", "-")
    while "--" in lowered:
        lowered = lowered.replace("--", "-")
    return lowered


class Metadata(NamedTuple):
    """
    What a METADATA or PKG-INFO file says.

    Args:
        name: canonical.
        version: as written.
        requires: its Requires-Dist lines.
        requires_python: the Pythons it is for, "" for all.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""


def metadata(text: str) -> Metadata:
    """Return what the headers of a METADATA file say; the fields it lacks are empty."""
    fields: dict[str, list[str]] = {"name": [], "version": [], "requires-dist": [], "requires-python": []}
    for line in text.split("\n", _MOST_HEADERS)[:_MOST_HEADERS]:
        if not line.rstrip("\r"):  # a line of blanks goes on with a folded header: scipy's holds its whole licence
            break
        key, colon, value = line.partition(":")
        if colon and key.lower() in fields:
            fields[key.lower()].append(value.strip())
    first = {key: values[0] if values else "" for key, values in fields.items()}
    return Metadata(
        canonical(first["name"]), first["version"], tuple(fields["requires-dist"]), first["requires-python"]
    )


def folder_name(entry: str) -> tuple[str, str] | None:
    """
    Return canonical name and version that the name of a metadata folder gives, or None where it is none.

    ``scikit_learn-1.2.2.dist-info`` is scikit-learn 1.2.2; ``PyYAML-5.3.1-py3.8.egg-info`` is pyyaml 5.3.1.
    """
    if entry.endswith(".dist-info"):
        stem = entry.removesuffix(".dist-info")
    elif entry.endswith((".egg-info", ".egg")):
        stem = entry.removesuffix(".egg").removesuffix(".egg-info").rsplit("-py", 1)[0]
    else:
        return None
    name, dash, version = stem.partition("-")
    return (canonical(name), version) if dash and name and version else None


def wheel_name(location: str) -> tuple[str, str]:
    """Return distribution and version that the file name of a wheel gives, ("", "") for any other file."""
    name = location.rsplit("/", 1)[-1]
    parts = name.removesuffix(".whl").split("-")
    if not name.endswith(".whl") or len(parts) < 5:
        return "", ""
    return canonical(parts[0]), parts[1].replace("%2B", "+")


def applies(requirement: str, python: str, extras: frozenset[str] = frozenset()) -> tuple[str, str] | None:
    """
    Return name and specifier of a Requires-Dist line, or None where its marker excludes it or it can't be read.

    Args:
        requirement: ``numpy<2,>=1.22.4; python_version < "3.11"``.
        python: of the environment, "3.10" or "3.10.13"; "" takes no marker on Python as met.
        extras: of the distribution, that are asked for.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        parsed = Requirement(requirement)
    except InvalidRequirement:
        return None
    if parsed.marker is not None and not holds(str(parsed.marker), python, extras):
        return None
    return canonical(parsed.name), str(parsed.specifier)


def holds(marker: str, python: str, extras: frozenset[str] = frozenset()) -> bool:
    """Say whether an environment marker is met on Linux x86-64 with a given Python."""
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    short = ".".join(python.split(".")[:2]) or "0"
    place = {
        "python_version": short,
        "python_full_version": python if python.count(".") > 1 else f"{short}.0",
        "implementation_version": python or "0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_release": "5.10",
        "platform_version": "",
    }
    try:
        parsed = Marker(marker)
        return any(parsed.evaluate({**place, "extra": extra}) for extra in ("", *extras))
    except (InvalidMarker, UndefinedEnvironmentName, ValueError):
        return False
