"""What is kept of layers: runs at once do no harm, damage is not believed, where nothing can be written it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from doctor.image import cache, read
from tests.image.saving import distribution, docker_archive, layer

ROOT = Path(__file__).parent.parent.parent
SITE = "usr/local/lib/python3.11/site-packages"
LAYERS = [
    layer(*(distribution(SITE, f"package{number}-{n}", "1.0") for n in range(40)), (f"srv/{number}", b"x"))
    for number in range(6)
]


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = {
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(data) for data in LAYERS]},
    }  # fmt: skip
    return docker_archive(tmp_path / "image.tar", *LAYERS, config=config)


def digest(data):
    import hashlib

    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def files(image):
    return dict(image.files), {path: image.data(path) for path in image.kept("")}


def test_runs_at_once_say_the_same_and_leave_whole_files(saved):
    command = [sys.executable, "-m", "doctor", "inspect", str(saved), "--format", "json"]
    runs = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
        for _ in range(4)
    ]
    said = [json.loads(run.communicate()[0]) for run in runs]
    assert all(one == said[0] for one in said)
    left = sorted(p.name for p in cache.folder().iterdir())
    assert len(left) == len(LAYERS)
    assert not [name for name in left if name.startswith(".new-")]
    assert all(cache.load(digest(data)) is not None for data in LAYERS)


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda _: b"", lambda d: d.replace(b"1.0", b"2.0"), lambda _: b"{}"]
)
def test_what_is_damaged_is_made_again(saved, damage):
    first = files(read(str(saved)))
    for path in cache.folder().iterdir():
        path.write_bytes(damage(path.read_bytes()))
    assert all(cache.load(digest(data)) is None for data in LAYERS)
    assert files(read(str(saved))) == first
    assert all(cache.load(digest(data)) is not None for data in LAYERS)


def test_a_place_that_is_no_folder_keeps_nothing(saved, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "srv/1" in read(str(saved)).files


def test_the_oldest_are_removed(saved, monkeypatch):
    monkeypatch.setattr(cache, "_MOST_BYTES", 1)
    read(str(saved))
    assert len(list(cache.folder().iterdir())) <= 1


def test_a_digest_is_no_path(saved):
    assert cache.load("sha256:../../etc/passwd") is None
    assert cache.load("") is None
