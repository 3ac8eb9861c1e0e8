"""Tests of the check manifest-refused."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "manifest-refused"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "application/vnd.oci.image.index.v1+json, with an attestation" in first.finding.message


INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.mark.parametrize(
    ("manifests", "attested", "kind"), [((), False, MANIFEST), ((INDEX, MANIFEST), False, INDEX), ((), True, INDEX)]
)
def test_what_is_in_a_registry_is_refused_as_it_is(manifests, attested, kind):
    place = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serving:1"
    pushed = image(media_type=MANIFEST, manifests=manifests, attested=attested, source=place)
    found = ask(ID, image=pushed).findings[0]
    assert f"the image is in the registry as {kind}" in found.message
    assert found.message.endswith(": CreateModel refuses it")
    assert found.evidence[0].where == "image:manifest"


def test_dockers_manifest_in_a_registry_is_taken():
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    assert ask(ID, image=image(media_type=docker, source="host:5000/a:1")).status is Status.CLEAR


def test_an_oci_layout_is_pushed_as_oci():
    found = ask(ID, image=image(media_type=MANIFEST, manifests=(MANIFEST,))).findings[0]
    assert found.log == f"Unsupported manifest media type {MANIFEST}"


def test_what_docker_save_writes_is_clear():
    assert ask(ID, image=image(names=("a:1",), manifests=(MANIFEST,))).status is Status.CLEAR
    assert ask(ID, image=image(names=("a:1",))).status is Status.CLEAR
