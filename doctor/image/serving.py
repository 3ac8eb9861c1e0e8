"""The servers and serving toolkits of an image, with the version that something in it tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.image.system import upstream

if TYPE_CHECKING:
    from doctor.image.distributions import Distribution
    from doctor.image.system import Installed
    from doctor.image.value import Image

_SCHEMES = {"distributions": "pkg", "labels": "label", "variables": "env", "system": "pkg"}


class Server(NamedTuple):
    """
    A server or toolkit that is in an image.

    Args:
        name: "torchserve", "triton", "gunicorn", ...
        version: "" where nothing tells.
        where: what tells: "pkg/torchserve", "label/djl-serving-version", "env/TRITON_SERVER_VERSION", or a path.
    """

    name: str
    version: str
    where: str


def servers(
    image: Image, system: tuple[Installed, ...], distributions: list[tuple[str, Distribution]]
) -> tuple[Server, ...]:
    """Return the servers that are there, by what is installed, what the image says of itself, and its programs."""
    versions = {
        "distributions": {d.said.name: d.said.version for _, d in reversed(distributions)},
        "labels": {k: v for k, label in image.labels.items() if (v := _number(label))},
        "variables": {k: v for k, value in image.variables.items() if (v := _number(value))},
        "system": {p.name: upstream(p.version) for p in system},
    }
    found = (next(_told(image, name, places, versions), None) for name, places in load("servers")["servers"].items())
    return tuple(one for one in found if one is not None)


def labelled(image: Image) -> dict[str, str]:
    """
    Return what the labels of an AWS Deep Learning Container say of it.

    ``com.amazonaws.ml.engines.sagemaker.dlc.framework.pytorch.2-0-1=true`` is framework: pytorch 2.0.1; so are
    device, python, os, arch, job, contributor, lib.
    """
    prefix = load("servers")["deep_learning_container"]["prefix"]
    said: dict[str, str] = {}
    for label in sorted(image.labels):
        kind, _, value = label.removeprefix(prefix).partition(".")
        if label.startswith(prefix) and value and image.labels[label].lower() == "true":
            said[kind] = ", ".join(dict.fromkeys([*filter(None, [said.get(kind)]), _spelled(kind, value)]))
    return said


def _spelled(kind: str, value: str) -> str:
    """Write a label's value as its field does: dots can't be in it, so versions have dashes for them."""
    name, _, version = value.partition(".")
    if kind in {"framework", "lib"} and re.fullmatch(r"v?\d+(-\w+)*", version):
        return f"{name} {version.replace('-', '.')}"
    return re.sub(r"(?<=\d)-(?=\d)", ".", value)


def _told(
    image: Image, name: str, places: Mapping[str, list[str]], versions: Mapping[str, Mapping[str, str]]
) -> Iterator[Server]:
    for kind, there in versions.items():
        for key in places.get(kind, ()):
            if key in there:
                yield Server(name, there[key], f"{_SCHEMES[kind]}/{key}")
    for program in places.get("programs", ()):
        if path := image.which(program):
            yield Server(name, "", path)


def _number(text: str) -> str:
    found = re.match(r"[vr]?(\d+(?:\.\d+)+)", text.strip())
    return found[1] if found else ""
