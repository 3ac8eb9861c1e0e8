"""CUDA and cuDNN of an image: each place that tells a version, as the variables, labels, files and packages say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.image.system import upstream

if TYPE_CHECKING:
    from doctor.image.distributions import CondaPackage, Distribution
    from doctor.image.system import Installed
    from doctor.image.value import Image

_VERSION = re.compile(r"v?(\d+(?:\.\d+)+)")


class Told(NamedTuple):
    """
    A version that one place tells.

    Args:
        part: "cuda", "cudnn", "nccl", "tensorrt" or "driver" (of the compatibility package).
        version: as told.
        where: "env/CUDA_VERSION", "label/cuda-version", the path of a file, or "pkg/nvidia-cudnn-cu12".
        built: whether it is what something was built for, rather than what is there: torch 2.5.1+cu124.
    """

    part: str
    version: str
    where: str
    built: bool = False


def told(
    image: Image,
    system: tuple[Installed, ...],
    distributions: list[tuple[str, Distribution]],
    conda: tuple[CondaPackage, ...],
) -> tuple[Told, ...]:
    """Return what is told, the most general place first; the same version by the same package once."""
    found = [*_variables(image), *_labels(image), *_toolkits(image), *_libraries(image)]
    found += _packages("system", ((p.name, upstream(p.version)) for p in system))
    found += _packages("distributions", ((d.said.name, d.said.version) for _, d in distributions))
    found += _packages("conda", ((p.name, p.version) for p in conda))
    found += _built(distributions)
    return tuple(dict.fromkeys(found))


def _variables(image: Image) -> Iterator[Told]:
    for name, part in load("cuda_places")["variables"].items():
        if version := _number(image.variables.get(name, "")):
            yield Told(part, version, f"env/{name}")


def _labels(image: Image) -> Iterator[Told]:
    for name, part in load("cuda_places")["labels"].items():
        if version := _number(image.labels.get(name, "")):
            yield Told(part, version, f"label/{name}")


def _toolkits(image: Image) -> Iterator[Told]:
    """What a toolkit's version.json says (version.txt before CUDA 11)."""
    for path in image.kept("/version.json", "/version.txt"):
        if not path.startswith("usr/local/cuda"):
            continue
        text = image.data(path).decode("utf-8", "replace")
        version = _toolkit(text) if path.endswith(".json") else _number(text.rpartition(" ")[2].strip())
        if version:
            yield Told("cuda", version, path)


def _toolkit(text: str) -> str:
    import json

    try:
        said = json.loads(text)
        return _number(str(said["cuda"]["version"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _libraries(image: Image) -> Iterator[Told]:
    """The full numbers in the names of the files themselves, links aside, outside the wheels, whose package tells."""
    names = load("cuda_places")["libraries"]
    for path, entry in image.files.items():
        if ".so." not in path:
            continue
        stem, _, version = path.rpartition("/")[2].partition(".so.")
        if entry.kind == "symlink" or "-packages/" in path or stem not in names:
            continue
        part = "driver" if stem == "libcuda" else names[stem]
        if (stem != "libcuda" or "/compat/" in path) and _number(version):
            yield Told(part, version, path)


def _packages(kind: str, named: Iterator[tuple[str, str]]) -> Iterator[Told]:
    patterns = load("cuda_places")[kind]
    first = tuple({key[:3] for key in patterns})
    for name, version in named:
        part = next((p for key, p in patterns.items() if re.fullmatch(key, name)), "") if name[:3] in first else ""
        if part and _number(version):
            yield Told(part, version, f"pkg/{name}")


def _built(distributions: list[tuple[str, Distribution]]) -> Iterator[Told]:
    """What a wheel's local version says that it was built for: torch 2.5.1+cu124."""
    for _, one in distributions:
        if found := re.search(r"\+cu(\d\d)(\d)(?!\d)", one.said.version):
            yield Told("cuda", f"{found[1]}.{found[2]}", f"pkg/{one.said.name}", built=True)


def _number(text: str) -> str:
    found = _VERSION.match(text.strip())
    return found[1] if found else ""
