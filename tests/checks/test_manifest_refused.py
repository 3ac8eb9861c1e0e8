"""Tests of the check manifest-refused."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "manifest-refused"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "application/vnd.oci.image.index.v1+json, with an attestation" in first.finding.message


def test_an_oci_layout_is_pushed_as_oci():
    found = ask(ID, image=image(media_type=MANIFEST, manifests=(MANIFEST,))).findings[0]
    assert found.log == f"Unsupported manifest media type {MANIFEST}"


def test_what_docker_save_writes_is_clear():
    assert ask(ID, image=image(names=("a:1",), manifests=(MANIFEST,))).status is Status.CLEAR
    assert ask(ID, image=image(names=("a:1",))).status is Status.CLEAR
