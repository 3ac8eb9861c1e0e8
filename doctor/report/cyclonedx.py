"""
An image's packages as a CycloneDX 1.6 bill of materials: https://cyclonedx.org/docs/1.6/json/.

Package URLs are written as https://github.com/package-url/purl-spec defines their types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import __version__
from doctor.errors import BadInput

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

_PLATFORM = re.compile(r"(.*?)/?(noarch|(?:linux|osx|win)-\w+)?/?$")

_HOST = r"^https?://(conda\.anaconda\.org|repo\.anaconda\.com)/"


class _Found(NamedTuple):
    kind: str
    name: str
    version: str
    path: str
    namespace: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()


def render(seen: Mapping[str, Any]) -> str:
    """
    Return the bill of materials of an image as JSON text.

    Args:
        seen: as ``imageview.of_image`` returns it.

    Raises BadInput where it is no image whose packages are known, or where the library isn't installed.
    """
    if "layers" not in seen:
        subject = seen.get("image") or seen.get("artifact")
        raise BadInput(f"--format cyclonedx lists what is in an image that can be read, and {subject} is none")
    try:
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError:
        raise BadInput("--format cyclonedx needs cyclonedx-python-lib; pip install 'endpoint-doctor[sbom]'") from None
    return JsonV1Dot6(_bom(seen)).output_as_string(indent=2)


def _bom(seen: Mapping[str, Any]) -> Bom:
    from uuid import NAMESPACE_URL, uuid5

    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType

    bom = Bom(serial_number=uuid5(NAMESPACE_URL, "\n".join([seen["image"], *(x["digest"] for x in seen["layers"])])))
    image = Component(type=ComponentType.CONTAINER, name=seen["image"], bom_ref="image")
    bom.metadata.component = image
    bom.metadata.tools.components.add(Component(type=ComponentType.APPLICATION, name="doctor", version=__version__))
    for path in seen["system"]["not_read"]:
        bom.metadata.properties.add(Property(name="doctor:not-read", value=path))
    components = [*_system(seen), *_components(seen)]
    for component in components:
        bom.components.add(component)
    bom.register_dependency(image, components)
    return bom


def _system(seen: Mapping[str, Any]) -> Iterator[Component]:
    from cyclonedx.model.component import Component, ComponentType

    system = seen["system"]
    if system["id"]:
        yield Component(
            type=ComponentType.OPERATING_SYSTEM,
            name=system["id"],
            version=system["version"] or None,
            description=system["name"] or None,
            bom_ref="operating-system",
        )


def _components(seen: Mapping[str, Any]) -> Iterator[Component]:
    from cyclonedx.model.component import Component
    from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence
    from packageurl import PackageURL

    places: dict[str, list[_Found]] = {}
    urls: dict[str, PackageURL] = {}
    for one in (*_python(seen), *_conda(seen), *_packages(seen)):
        url = PackageURL(one.kind, one.namespace or None, one.name, one.version or None, dict(one.qualifiers) or None)
        urls[str(url)] = url
        places.setdefault(str(url), []).append(one)
    for ref, found in places.items():
        first, seen_at = found[0], dict.fromkeys(one.path for one in found)
        yield Component(
            name=first.name,
            version=first.version or None,
            bom_ref=ref,
            purl=urls[ref],
            evidence=ComponentEvidence(occurrences=[Occurrence(location=f"/{path}") for path in seen_at]),
        )


def _python(seen: Mapping[str, Any]) -> Iterator[_Found]:
    for site in seen["sites"]:
        for name, version in site["distributions"].items():
            yield _Found("pypi", name, version, site["folder"])
    for one in seen["carried"]:
        yield _Found("pypi", one["name"], one["version"], one["path"].rpartition("/")[0])


def _conda(seen: Mapping[str, Any]) -> Iterator[_Found]:
    for one in seen["conda"]:
        place = _PLATFORM.match(one["channel"])
        channel, platform = place.groups() if place else (one["channel"], "")
        said = {"build": one["build"], "channel": re.sub(_HOST, "", channel), "subdir": platform}
        yield _Found("conda", one["name"], one["version"], one["seen"], "", _given(said))


def _packages(seen: Mapping[str, Any]) -> Iterator[_Found]:
    system = seen["system"]
    distro = "-".join(x for x in (system["id"], system["version"]) if x)
    for one in system["packages"]:
        version, epoch = one["version"], ""
        if one["kind"] == "rpm" and (found := re.match(r"(\d+):(.+)$", version)):
            epoch, version = found[1], found[2]
        said = {"arch": one["architecture"], "distro": distro, "epoch": epoch}
        yield _Found(one["kind"], one["name"], version, one["seen"], system["id"], _given(said))


def _given(said: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in said.items() if value)
