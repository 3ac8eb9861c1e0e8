"""Layers in all forms: how they lie over one another, compressed as may be, foreign, cut short, with a wrong digest."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest
import zstandard

from doctor.deployment import Deployment, Plan
from doctor.errors import BadInput
from doctor.image import read
from tests.image.saving import CONFIG, layer

BELOW = layer(
    ("etc/a", b"1"),
    ("etc/b", b"22"),
    ("srv/old", None),
    ("srv/old/x", b"1"),
    ("srv/old/deep/y", b"1"),
    ("srv/file", b"file"),
    ("srv/serve", b"#!/bin/sh\n"),
    ("srv/folder/inside", b"1"),
)
ABOVE = layer(
    ("etc/.wh.a", b""),
    ("srv/old/.wh..wh..opq", b""),
    ("srv/old/z", b"333"),
    ("srv/linked", "= srv/file"),
    ("srv/folder", b"a file now"),
    ("etc/b", "-> /srv/file"),
)
AGAIN = layer(("srv/file/below", b"4444"), ("srv/serve", b"#!/bin/bash\n"))
MEDIA = "application/vnd.oci.image.layer.v1.tar"
FORMS = {
    "gzip": (lambda data: gzip.compress(data, mtime=0), f"{MEDIA}+gzip"),
    "zstd": (lambda data: zstandard.ZstdCompressor().compress(data), f"{MEDIA}+zstd"),
    "plain": (lambda data: data, MEDIA),
}


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Layout:
    """An OCI layout whose parts a test may change before it is written."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "blobs/sha256").mkdir(parents=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def put(self, data, **more):
        (self.folder / "blobs/sha256" / digest(data)[7:]).write_bytes(data)
        return {"digest": digest(data), "size": len(data), **more}

    def image(self, *layers, form="gzip", config=CONFIG, contents=None, **platform):
        pack, media = FORMS[form]
        ids = contents or [digest(data) for data in layers]
        whole = {**config, **platform, "rootfs": {"type": "layers", "diff_ids": ids}}
        rows = [self.put(pack(data), mediaType=media) for data in layers]
        return self.manifest(self.put(json.dumps(whole).encode()), rows, **platform)

    def manifest(self, config, rows, **platform):
        text = json.dumps({"schemaVersion": 2, "config": config, "layers": rows}).encode()
        return self.put(text, **({"platform": platform} if platform else {}))

    def index(self, *manifests):
        (self.folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": list(manifests)}))
        return str(self.folder)


@pytest.fixture
def layout(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Layout(tmp_path / "oci")


def refusal(place):
    with pytest.raises(BadInput) as raised:
        read(place)
    text = str(raised.value)
    assert "\n" not in text
    assert place in text
    return text


@pytest.mark.parametrize("form", FORMS)
def test_layers_lie_over_one_another_whatever_compresses_them(layout, form):
    image = read(layout.index(layout.image(BELOW, ABOVE, AGAIN, form=form)))
    files = {path: (entry.kind, entry.size) for path, entry in image.files.items()}
    assert files == {
        "etc/b": ("symlink", 0),
        "srv/old": ("directory", 0),
        "srv/old/z": ("file", 3),
        "srv/linked": ("file", 4),
        "srv/folder": ("file", 10),
        "srv/file/below": ("file", 4),
        "srv/serve": ("file", 12),
    }
    assert image.data("srv/serve") == b"#!/bin/bash\n"
    assert image.resolve("etc/b") == "srv/file"
    assert [one.digest for one in image.layers] == [digest(BELOW), digest(ABOVE), digest(AGAIN)]


def test_the_image_for_this_platform_is_chosen_of_an_index(layout):
    arm = layout.image(layer(("arm", b"")), os="linux", architecture="arm64")
    windows = layout.image(layer(("windows", b"")), os="windows", architecture="amd64")
    amd = layout.image(layer(("amd", b"")), os="linux", architecture="amd64")
    inner = layout.put(json.dumps({"manifests": [arm, windows, amd]}).encode())
    image = read(layout.index(inner))
    assert list(image.files) == ["amd"]
    assert image.architecture == "amd64"
    for instance, file in (("ml.c7g.large", "arm"), ("ml.m5.large", "amd"), ("", "amd")):
        plan = Plan("model.tar.gz", image=str(layout.folder), instance_type=instance)
        assert list(Deployment(plan).part("image").files) == [file]


def test_a_foreign_layer_that_is_not_there_is_one_line(layout):
    config = layout.put(json.dumps({**CONFIG, "rootfs": {"diff_ids": [digest(BELOW)]}}).encode())
    row = {"digest": digest(b"elsewhere"), "size": 9, "urls": ["https://example.com/layer"]}
    for media in ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", f"{MEDIA}.nondistributable.v1+gzip"):
        manifest = layout.manifest(config, [{**row, "mediaType": media}])
        assert "is a foreign one, whose bytes are not kept with the image" in refusal(layout.index(manifest))


def test_a_foreign_layer_that_is_there_is_read(layout):
    config = layout.put(json.dumps({**CONFIG, "rootfs": {"diff_ids": [digest(BELOW)]}}).encode())
    row = layout.put(gzip.compress(BELOW), mediaType="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    assert "srv/file" in read(layout.index(layout.manifest(config, [row]))).files


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_that_is_cut_short_is_one_line(layout, form):
    manifest = layout.image(BELOW, ABOVE, form=form)
    pack, _ = FORMS[form]
    blob = layout.folder / "blobs/sha256" / digest(pack(BELOW))[7:]
    blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2])
    assert "not a whole image: layer " in refusal(layout.index(manifest))


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_a_layer_that_is_damaged_is_one_line(layout, form):
    pack, media = FORMS[form]
    data = bytearray(pack(BELOW))
    data[len(data) // 2 :: 7] = bytes(byte ^ 255 for byte in data[len(data) // 2 :: 7])
    config = layout.put(json.dumps({**CONFIG, "rootfs": {"diff_ids": [digest(BELOW)]}}).encode())
    place = layout.index(layout.manifest(config, [layout.put(bytes(data), mediaType=media)]))
    assert "not a whole image: layer " in refusal(place)


@pytest.mark.parametrize("form", FORMS)
def test_a_layer_that_is_another_one_is_one_line(layout, form):
    manifest = layout.image(BELOW, form=form)
    pack, _ = FORMS[form]
    (layout.folder / "blobs/sha256" / digest(pack(BELOW))[7:]).write_bytes(pack(ABOVE))
    assert "its bytes don't have the digest under which the image names it" in refusal(layout.index(manifest))


@pytest.mark.parametrize("form", FORMS)
def test_a_configuration_that_names_another_layer_is_one_line(layout, form):
    manifest = layout.image(BELOW, form=form, contents=[digest(ABOVE)])
    assert "digest" in refusal(layout.index(manifest))


def test_what_is_not_right_is_not_kept(layout):
    manifest = layout.image(BELOW, contents=[digest(ABOVE)])
    refusal(layout.index(manifest))
    assert "srv/linked" in read(layout.index(layout.image(ABOVE))).files
