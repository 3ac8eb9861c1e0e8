"""Images pushed by skopeo into Debian's docker-registry, read from there."""

from __future__ import annotations

import base64
import os

import pytest

from doctor.errors import BadInput
from doctor.image.assembling import assembled
from doctor.image.registry import Registry
from doctor.image.saved import Saved
from tests.image.registry import (
    INDEX,
    MANIFEST,
    Images,
    TokenService,
    configured,
    credential_helper,
    debian_registry,
    docker_config,
    needs_registry,
    pushed,
)
from tests.image.saving import layer

BASE = layer(("etc/a", b"1"), ("etc/os-release", b"ID=debian\n"), ("srv/x", b"x" * 3_000_000))
CHANGE = layer(("etc/.wh.a", b""), ("srv/y", "-> x"))
LINUX = {"os": "linux", "architecture": "amd64"}
USER, PASSWORD = "reader", "s3cret:with/colon"


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """An image for three platforms, with an attestation."""
    images = Images()
    windows = images.image(CHANGE, platform={"os": "windows", "architecture": "amd64"})
    arm = {"os": "linux", "architecture": "arm64"}
    other = images.image(BASE, platform=arm, config=configured(BASE, architecture="arm64"))
    attestation = images.image(
        BASE, platform={"os": "unknown", "architecture": "unknown"}, config=configured(BASE, os="")
    )
    image = images.image(BASE, CHANGE, platform=LINUX)
    return images.layout(tmp_path_factory.mktemp("oci"), images.index(windows, other, attestation, image))


@pytest.fixture(scope="module")
def open_registry(tmp_path_factory, layout):
    needs_registry()
    with debian_registry(tmp_path_factory.mktemp("open")) as host:
        pushed(layout, f"{host}/a/b:one")
        pushed(layout, f"{host}/a/b:docker", "--format", "v2s2")
        pushed(layout, f"{host}/a/b:all", "--all")
        yield host


@pytest.fixture(scope="module")
def closed_registry(tmp_path_factory, layout):
    needs_registry()
    with debian_registry(tmp_path_factory.mktemp("closed"), USER, PASSWORD) as host:
        pushed(layout, f"{host}/a/b:1", credentials=f"{USER}:{PASSWORD}")
        yield host


@pytest.fixture(scope="module")
def token_registry(tmp_path_factory, layout):
    """A registry that takes tokens of a service, as Docker Hub does."""
    needs_registry()
    folder = tmp_path_factory.mktemp("tokens")
    with (
        TokenService(folder / "service", USER, PASSWORD) as service,
        debian_registry(folder / "registry", auth=service.auth) as host,
    ):
        pushed(layout, f"{host}/open/b:1", credentials=f"{USER}:{PASSWORD}")
        pushed(layout, f"{host}/a/b:1", credentials=f"{USER}:{PASSWORD}")
        yield host


@pytest.fixture(autouse=True)
def configuration(tmp_path, monkeypatch):
    """No test sees the Docker configuration of this machine's user."""
    monkeypatch.setenv("DOCKER_CONFIG", docker_config(tmp_path / "docker"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "docker"


def refusal(reference: str) -> str:
    with pytest.raises(BadInput) as raised:
        assembled(Registry(reference))
    text = str(raised.value)
    assert text.startswith(f"--image {reference}: ") and "\n" not in text and PASSWORD not in text
    return text


def test_the_same_as_saved(open_registry, layout):
    image, saved = assembled(Registry(f"{open_registry}/a/b:one")), assembled(Saved(str(layout)))
    assert image.files == saved.files and len(image.files) == 3
    assert image.data("etc/os-release") == saved.data("etc/os-release") == b"ID=debian\n"
    assert image.entrypoint == saved.entrypoint
    assert image.media_type == MANIFEST and image.manifests == () and not image.attested
    assert [x.digest for x in image.layers] == [x.digest for x in saved.layers]
    assert [x.size for x in image.layers] == [x.size for x in saved.layers]


def test_dockers_manifest(open_registry):
    image = assembled(Registry(f"{open_registry}/a/b:docker"))
    assert image.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    assert "srv/y" in image.files and "etc/a" not in image.files


def test_an_index(open_registry):
    image = assembled(Registry(f"{open_registry}/a/b:all"))
    assert (image.os, image.architecture) == ("linux", "amd64")
    assert image.manifests == (INDEX, MANIFEST) and image.attested
    assert "srv/y" in image.files


def test_by_digest(open_registry):
    import requests

    address = f"http://{open_registry}/v2/a/b/manifests/one"
    digest = requests.get(address, headers={"Accept": MANIFEST}, timeout=10).headers["Docker-Content-Digest"]
    assert assembled(Registry(f"{open_registry}/a/b@{digest}")).files
    assert assembled(Registry(f"{open_registry}/a/b:whatever@{digest}")).files


def test_what_is_not_there(open_registry):
    assert "has no a/b:two (MANIFEST_UNKNOWN manifest unknown); check its name" in refusal(f"{open_registry}/a/b:two")
    assert "has no c:latest (" in refusal(f"{open_registry}/c")


def test_layers_that_are_kept_elsewhere(open_registry, layout):
    registry = Registry(f"{open_registry}/a/b:one")
    first = registry.manifest().layers[0]
    assert registry.has(first)
    assert not registry.has(first._replace(digest="sha256:" + "0" * 64))
    registry.close()


def test_credentials_of_the_configuration(closed_registry, configuration):
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    docker_config(configuration, auths={closed_registry: {"auth": encoded}})
    assert assembled(Registry(f"{closed_registry}/a/b:1")).files
    assert "has no a/b:2 (" in refusal(f"{closed_registry}/a/b:2")


def test_no_credentials(closed_registry):
    said = refusal(f"{closed_registry}/a/b:1")
    assert f"and the Docker configuration has none; check the name, or docker login {closed_registry}" in said


def test_wrong_credentials(closed_registry, configuration):
    encoded = base64.b64encode(f"{USER}:no{PASSWORD}".encode()).decode()
    docker_config(configuration, auths={closed_registry: {"auth": encoded}})
    said = refusal(f"{closed_registry}/a/b:1")
    assert "refuses the credentials of the Docker configuration for a/b; check the name and your rights, or" in said
    assert encoded not in said


@pytest.mark.parametrize("kind", ["credsStore", "credHelpers"])
def test_credential_helpers(closed_registry, configuration, monkeypatch, kind):
    credential_helper(configuration / "bin", "here", closed_registry, USER, PASSWORD)
    monkeypatch.setenv("PATH", f"{configuration / 'bin'}{os.pathsep}{os.environ['PATH']}")
    docker_config(configuration, **{kind: "here" if kind == "credsStore" else {closed_registry: "here"}})
    assert assembled(Registry(f"{closed_registry}/a/b:1")).files


def test_a_credential_helper_that_is_not_installed(closed_registry, open_registry, configuration, recwarn):
    docker_config(configuration, credsStore="nowhere")
    assert "the credential helper of the Docker configuration fails for" in refusal(f"{closed_registry}/a/b:1")
    assert assembled(Registry(f"{open_registry}/a/b:one")).files  # which asks for no credentials
    assert not recwarn.list


@pytest.mark.parametrize("content", [{"auths": {"x": {"auth": "%"}}}, {"auths": [1]}, {"auths": {"x": 1}}])
def test_a_damaged_configuration(closed_registry, configuration, content):
    docker_config(configuration, **content)
    assert "the Docker configuration" in refusal(f"{closed_registry}/a/b:1")


def test_an_anonymous_token(token_registry):
    assert assembled(Registry(f"{token_registry}/open/b:1")).files
    assert "gives a/b to nobody without credentials, and the Docker" in refusal(f"{token_registry}/a/b:1")


def test_a_token_for_credentials(token_registry, configuration):
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    docker_config(configuration, auths={token_registry: {"auth": encoded}})
    assert assembled(Registry(f"{token_registry}/a/b:1")).files
    assert "has no a/b:2 (" in refusal(f"{token_registry}/a/b:2")
    docker_config(configuration, auths={token_registry: {"auth": base64.b64encode(b"me:" + b"x").decode()}})
    assert "refuses the credentials of the Docker configuration" in refusal(f"{token_registry}/a/b:1")
