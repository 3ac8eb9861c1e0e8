"""Saved images: every form gives the same facts; layers are laid over one another as an engine does."""

from __future__ import annotations

import sysconfig
import tarfile
from pathlib import Path

import pytest

from doctor.errors import BadInput
from doctor.image import environment, is_image, read
from doctor.model import Unknown
from tests.image.saving import CONFIG, distribution, docker_archive, layer, oci_layout

SITE = "opt/venv/lib/python3.11/site-packages"
BASE = layer(
    ("usr/bin/python3.11", b"\x7fELF"),
    ("usr/bin/python3", "-> python3.11"),
    ("usr/lib/python3.11/os.py", b""),
    ("opt/venv/bin/python", "-> /usr/bin/python3"),
    ("opt/venv/bin/python3", "-> python"),
    ("opt/venv/bin/serve", b"#!/opt/venv/bin/python\n"),
    ("opt/venv/pyvenv.cfg", b"home = /usr/bin\nversion = 3.11.4\n"),
    distribution(SITE, "numpy", "1.26.4"),
    (f"{SITE}/numpy/__init__.py", b""),
    (f"{SITE}/numpy/core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", b""),
    distribution(SITE, "Flask_Login", "0.6.3"),
    ("usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO", b"Name: six\nVersion: 1.16.0\n"),
    ("srv/old/a", b"1"),
    ("srv/old/b", b"1"),
)
CHANGE = layer(
    (f"{SITE}/.wh.numpy-1.26.4.dist-info", b""),
    distribution(SITE, "numpy", "2.1.3"),
    ("srv/old/.wh..wh..opq", b""),
    ("srv/old/c", b"1"),
    ("srv/linked", "= srv/old/c"),
    ("etc/os-release", b"ID=debian\n"),
)


@pytest.fixture(params=["docker", "oci", "oci-tar"])
def image(request, tmp_path):
    if request.param == "docker":
        return read(str(docker_archive(tmp_path / "image.tar", BASE, CHANGE)))
    folder = oci_layout(tmp_path / "oci", BASE, CHANGE)
    if request.param == "oci":
        return read(str(folder))
    with tarfile.open(tmp_path / "oci.tar", "w") as archive:
        for entry in sorted(folder.rglob("*")):
            archive.add(entry, arcname=f"./{entry.relative_to(folder)}", recursive=False)
    return read(str(tmp_path / "oci.tar"))


def test_configuration(image):
    assert image.entrypoint == ("/opt/venv/bin/serve",)
    assert image.command == ("run",)
    assert image.variables == {"PATH": "/opt/venv/bin:/usr/bin:/bin", "A": "b=c"}
    assert (image.user, image.working_directory, image.ports) == ("model", "/srv", ("8080/tcp",))
    assert (image.architecture, image.os, dict(image.labels)) == ("amd64", "linux", {"k": "v"})
    assert len(image.layers) == 2


def test_layers_are_merged(image):
    assert [p for p in image.files if p.startswith("srv/")] == ["srv/old/c", "srv/linked"]
    assert image.files["srv/linked"].kind == "file"
    assert f"{SITE}/numpy-1.26.4.dist-info/METADATA" not in image.files
    assert image.data("etc/os-release") == b"ID=debian\n"


def test_the_environment_is_that_of_the_interpreter_on_path(image):
    serving = environment(image)
    assert serving.packages == {"numpy": "2.1.3", "flask-login": "0.6.3"}
    assert serving.python.startswith("3.11")
    assert serving.complete
    assert serving.finds("numpy") is True
    assert serving.finds("numpy.core._multiarray_umath") is True
    assert serving.finds("numpy._core") is False
    assert serving.finds("os") is True
    assert serving.finds("torch") is False


def test_without_a_venv_debians_folders_count(tmp_path):
    config = {**CONFIG, "config": {"Env": ["PATH=/usr/bin"]}}
    serving = environment(read(str(docker_archive(tmp_path / "i.tar", BASE, config=config))))
    assert serving.packages == {"six": "1.16.0"}


def test_links_in_a_circle_lead_nowhere(tmp_path):
    image = read(str(docker_archive(tmp_path / "i.tar", layer(("a", "-> b"), ("b", "-> a")))))
    assert image.resolve("a/x") == ""


def test_an_image_without_python_is_unknown(tmp_path):
    image = read(str(docker_archive(tmp_path / "i.tar", layer(("bin/sh", b"x")))))
    with pytest.raises(Unknown, match="no Python distribution"):
        environment(image)


def test_what_is_an_image_and_what_is_not(tmp_path):
    assert is_image(str(docker_archive(tmp_path / "i.tar", BASE)))
    assert is_image(str(oci_layout(tmp_path / "oci", BASE)))
    with tarfile.open(tmp_path / "model.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("model.pkl"))
    assert not is_image(str(tmp_path / "model.tar"))
    assert not is_image(str(tmp_path))
    assert not is_image(str(tmp_path / "absent"))


@pytest.mark.parametrize("damage", ["truncated", "no-config", "layer", "not-tar"])
def test_a_damaged_image_is_one_line(tmp_path, damage):
    path = tmp_path / "i.tar"
    if damage == "not-tar":
        path.write_bytes(b"hello")
    elif damage == "layer":
        docker_archive(path, BASE[: len(BASE) // 2 + 100])
    elif damage == "no-config":
        oci_layout(tmp_path / "oci", BASE)
        (tmp_path / "oci" / "index.json").write_text('{"manifests": []}')
        path = tmp_path / "oci"
    else:
        whole = docker_archive(path, BASE).read_bytes()
        path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(BadInput) as problem:
        read(str(path))
    assert "\n" not in str(problem.value)
    assert str(path) in str(problem.value)


def test_an_absent_image_says_how_to_make_one(tmp_path):
    with pytest.raises(BadInput, match="docker save"):
        read(str(tmp_path / "absent.tar"))


def test_blobs_that_climb_out_are_not_read(tmp_path):
    folder = oci_layout(tmp_path / "oci", BASE)
    (tmp_path / "secret").write_text('{"layers": [], "config": {"digest": "sha256:x"}}')
    (folder / "index.json").write_text('{"manifests": [{"digest": "sha256:../../../secret"}]}')
    with pytest.raises(BadInput, match="not a whole image"):
        read(str(folder))


def test_a_small_library_that_may_be_executed_is_no_script(tmp_path):
    folder = Path(sysconfig.get_config_var("DESTSHARED"))
    library = next(p.read_bytes() for p in sorted(folder.glob("*.so")) if p.stat().st_size < 1 << 16)
    entries = ("usr/lib/libsmall.so.1", library), ("usr/bin/after", b"#!/bin/sh\n")
    seen = read(str(docker_archive(tmp_path / "image.tar", layer(*entries))))
    assert seen.libraries["usr/lib/libsmall.so.1"].machine
    assert seen.data("usr/bin/after") == b"#!/bin/sh\n"
