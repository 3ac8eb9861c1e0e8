"""References to images in registries, and where each leads: registry, repository, and tag or digest."""

from __future__ import annotations

import re
from typing import NamedTuple

DOCKER_HUB = "docker.io"
_DOCKER_HUB_API = "registry-1.docker.io"
_HEX = {"sha256": 64, "sha384": 96, "sha512": 128}

# The grammar of github.com/distribution/reference, of which a name without a registry is Docker Hub's.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_WHOLE = (
    rf"(?:(?P<host>{_HOST})/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]+))?"
)


class Reference(NamedTuple):
    """
    Where an image is.

    Args:
        host: the registry as a user names it, with its port: "docker.io", "127.0.0.1:5000".
        repository: the image's name there: "library/python".
        tag: "latest" where neither tag nor digest is given, "" where the digest alone is.
        digest: of the manifest, "" where none is given.
    """

    host: str
    repository: str
    tag: str
    digest: str

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine, and so asked by HTTP without TLS."""
        return is_loopback(self.host)

    @property
    def base(self) -> str:
        """Return the address under which the registry answers."""
        host = _DOCKER_HUB_API if self.host == DOCKER_HUB else self.host
        return f"{'http' if self.is_loopback else 'https'}://{host}"


def parsed(text: str) -> Reference | None:
    """Return what a text refers to; None where it is no reference."""
    found = re.fullmatch(_WHOLE, text)
    if not found:
        return None
    host, path, digest = found["host"] or "", found["path"], found["digest"] or ""
    if host and not _is_host(host):
        host, path = "", f"{host}/{path}"
    if not re.fullmatch(f"{_PART}(?:/{_PART})*", path) or len(path) > 255 or (digest and not is_digest(digest)):
        return None
    if host in {"", DOCKER_HUB, "index.docker.io"}:
        host, path = DOCKER_HUB, path if "/" in path else f"library/{path}"
    return Reference(host, path, found["tag"] or ("" if digest else "latest"), digest)


def is_reference(text: str) -> bool:
    """Say whether a text can be a reference: ``python:3.11``, ``host:5000/a/b@sha256:…``; no file's name."""
    return not text.endswith((".tar", ".gz", ".tgz", ".zip")) and parsed(text) is not None


def is_loopback(host: str) -> bool:
    """Say whether a host, with or without a port, is this machine by its name or number."""
    name = re.sub(r":\d+$", "", host) if host.startswith("[") else host.partition(":")[0]
    return name in {"localhost", "[::1]"} or re.fullmatch(r"127(?:\.\d{1,3}){3}", name) is not None


def is_digest(text: str) -> bool:
    """Say whether a text is a digest that can be verified."""
    algorithm, _, value = text.partition(":")
    return len(value) == _HEX.get(algorithm) and re.fullmatch("[0-9a-f]+", value) is not None


def _is_host(text: str) -> bool:
    """Say whether the first part of a name is a registry: docker's rule."""
    return text == "localhost" or any(c in ".:" or c.isupper() for c in text)
