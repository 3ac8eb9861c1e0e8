"""Which source an ``--image`` names: by its prefix, or worked out; what was tried is told in one line."""

from __future__ import annotations

import pytest

from doctor.deployment import Deployment, Plan
from doctor.errors import BadInput
from doctor.image import engine, locating, registry
from doctor.model import Unknown
from tests.image.saving import docker_archive, layer, oci_layout

BASE = layer(("etc/os-release", b"ID=debian\n"))
CLOUD = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312-ubuntu22.04-sagemaker"


class Nobody:
    """A registry that has nothing."""

    def __init__(self, reference):
        self.name = reference

    def manifest(self):
        raise BadInput(f"--image {self.name}: registry.example has no such image; look at its name and tag")

    def close(self):
        pass


@pytest.fixture
def nobody(monkeypatch):
    """No engine and no registry have anything; returns who was asked."""
    asked = []

    def find(reference):
        asked.append(f"engine {reference}")
        raise engine.NoEngine(f"--image {reference}: no container engine here; start Docker")

    def of(reference, _architecture):
        asked.append(f"registry {reference}")
        return Nobody(reference)

    monkeypatch.setattr(engine, "find", find)
    monkeypatch.setattr(registry, "Registry", of)
    return asked


def test_a_file_and_a_folder_need_no_prefix_and_may_have_one(tmp_path, nobody):
    archive, folder = docker_archive(tmp_path / "i.tar", BASE), oci_layout(tmp_path / "oci", BASE)
    for name in (f"{archive}", f"docker-archive:{archive}", f"{folder}", f"oci:{folder}"):
        assert locating.read(name).data("etc/os-release") == b"ID=debian\n"
    assert nobody == []


def test_a_tag_of_a_layout_that_isnt_there(tmp_path, nobody):
    folder = oci_layout(tmp_path / "oci", BASE)
    with pytest.raises(BadInput, match="no image tagged 2"):
        locating.read(f"oci:{folder}:2")


def test_what_nobody_has_is_one_line_that_says_what_was_tried(nobody):
    with pytest.raises(BadInput) as problem:
        locating.read("example.com/model:1")
    line = str(problem.value)
    assert nobody == ["engine example.com/model:1", "registry example.com/model:1"]
    for part in ("no file of that name", "no container engine here", "has no such image", "registry:REFERENCE"):
        assert part in line
    assert "\n" not in line


def test_a_prefix_asks_that_one_alone(nobody):
    for name in ("docker:example.com/model:1", "registry:example.com/model:1"):
        with pytest.raises(BadInput):
            locating.read(name)
    assert nobody == ["engine example.com/model:1", "registry example.com/model:1"]


def test_the_clouds_images_are_known_in_part_and_no_registry_is_asked(nobody):
    with pytest.raises(Unknown, match="known in part, from its reference"):
        locating.read(CLOUD)
    assert nobody == [f"engine {CLOUD}"]
    deployment = Deployment(Plan("model.tar.gz", image=CLOUD), {"artifact": None})
    assert deployment.part("reference") == CLOUD


def test_offline_asks_nobody(nobody):
    with pytest.raises(Unknown, match="--offline"):
        locating.read("example.com/model:1", offline=True)
    assert nobody == []


@pytest.mark.parametrize("name", ["absent.tar", "./absent", "/absent/image", "absent"])
def test_a_file_that_isnt_there_is_no_reference(name, nobody):
    with pytest.raises(BadInput, match="no such file or directory"):
        locating.read(name)
    assert nobody == []
