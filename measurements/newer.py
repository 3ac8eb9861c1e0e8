"""Which releases came out since a family was measured."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

from packaging.version import Version

from measurements.family import Env, Family

NEWEST = "3.13"


def newer_releases(family: Family, recorded: Mapping[str, Mapping[str, str]]) -> Iterator[Env]:
    """Yield an environment for the last release of each minor version that came after the newest one known."""
    if family.newer is None:
        return
    known = [Version(e.name) for e in family.environments] + [
        Version(p[family.leading]) for p in recorded.values() if family.leading in p
    ]
    last: dict[tuple[int, ...], Version] = {}
    for version in map(Version, released(family.leading)):
        if not version.is_prerelease and version.release[:2] > max(known).release[:2]:
            last[version.release[:2]] = max(version, last.get(version.release[:2], version))
    for version in sorted(last.values()):
        yield family.newer(str(version))


def released(distribution: str) -> list[str]:
    """Return the releases that pip can see for the newest Python that all libraries have wheels for; [] for none."""
    asked = ["pip", "index", "versions", distribution, "--python-version", NEWEST, "--only-binary", ":all:"]
    done = subprocess.run([sys.executable, "-m", *asked], capture_output=True, text=True, check=False)
    found = re.search(r"Available versions: (.*)", done.stdout)
    return found[1].split(", ") if found else []
