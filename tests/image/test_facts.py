"""What an image holds: systems, Pythons, distributions, CUDA, servers; from real databases where there are any."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sqlite3
import sysconfig
from contextlib import suppress
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats import ospackages, rpmdb
from doctor.formats.stream import stream_of
from doctor.image import cache, environment, read
from doctor.image.facts import facts
from doctor.stack import stack_of
from tests.image.saving import distribution, docker_archive, layer, oci_layout

DATA = Path(__file__).parent / "data"
STATUS = (DATA / "dpkg-status").read_bytes()  # Debian 12's, nginx-common removed but for its settings
RPM = gzip.decompress((DATA / "rpmdb.sqlite.gz").read_bytes())  # written by rpm 4.18, two packages
APK = (
    b"C:Q17hOhjufinXWHIBdAPVnASE2s2WM=\nP:musl\nV:1.2.5-r8\nA:x86_64\nS:400\nT:the musl c library\nF:lib\n"
    b"R:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1SLkS9hBidUbPwwrw+XR0Whv3ww8=\n\nC:Q1x=\nP:nginx\nV:1.26.3-r0\nA:x86_64\n\n"
)
SITE = "opt/conda/lib/python3.10/site-packages"
CONFIG = {"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/opt/conda/bin:/usr/bin"]}}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")


def made(tmp_path, *layers, **config):
    return read(str(docker_archive(tmp_path / "image.tar", *layers, config={**CONFIG, "config": config or {}})))


def record(name, version, channel="https://conda.anaconda.org/conda-forge/linux-64"):
    said = {"name": name, "version": version, "build": "h1_0", "channel": channel, "files": ["bin/x"] * 50}
    return f"opt/conda/conda-meta/{name}-{version}-h1_0.json", json.dumps(said).encode()


def header_of(version):
    return f'#define PY_MAJOR_VERSION 3\n#define PY_VERSION      \t"{version}"\n'.encode()


def test_debian(tmp_path):
    release = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
    files = [
        ("var/lib/dpkg/status", STATUS),
        ("usr/lib/os-release", release),
        ("etc/os-release", "-> ../usr/lib/os-release"),
    ]
    image = made(tmp_path, layer(*files, ("usr/bin/python3.11", b"\x7fELF")))
    found = facts(image)
    assert found.release["VERSION_ID"] == "12"
    assert [(p.kind, p.name, p.version, p.architecture) for p in found.system] == [
        ("deb", "libc6", "2.36-9+deb12u14", "amd64"),
        ("deb", "python3.11-minimal", "3.11.2-6+deb12u8", "amd64"),
        ("deb", "zlib1g", "1:1.2.13.dfsg-1", "amd64"),
    ]
    assert (found.libc.kind, found.libc.version, found.libc.exact) == ("glibc", "2.36", True)
    assert [(p.path, p.version, p.kind) for p in found.interpreters] == [("usr/bin/python3.11", "3.11.2", "system")]
    assert image.data("var/lib/dpkg/status").count(b"\n") == 2  # kept small: a row for each package


def test_distroless(tmp_path):
    one = b"Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\n"
    image = made(tmp_path, layer(("var/lib/dpkg/status.d/libc6", one), ("var/lib/dpkg/status.d/libc6.md5sums", b"x")))
    assert [(p.name, p.version) for p in facts(image).system] == [("libc6", "2.36-9")]
    assert facts(image).unread == ()


def test_alpine(tmp_path):
    image = made(tmp_path, layer(("lib/apk/db/installed", APK), ("lib/ld-musl-x86_64.so.1", b"x")))
    found = facts(image)
    assert [(p.kind, p.name, p.version) for p in found.system] == [
        ("apk", "musl", "1.2.5-r8"),
        ("apk", "nginx", "1.26.3-r0"),
    ]
    assert (found.libc.kind, found.libc.version) == ("musl", "1.2.5")
    assert ("nginx", "1.26.3") in [(s.name, s.version) for s in found.servers]


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_rpm(tmp_path, folder):
    # The last layer's database is the image's: the first has none of its packages.
    empty = sqlite_of("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)", tmp_path)
    path = f"{folder}/rpmdb.sqlite"
    image = made(tmp_path, layer((path, empty)), layer((path, RPM), (f"{path}-wal", b"")))
    assert [(p.kind, p.name, p.version, p.architecture) for p in facts(image).system] == [
        ("rpm", "tiny-model", "1:2.34-100.el9", "x86_64"),
        ("rpm", "basesystem", "11-13.el9", "noarch"),
    ]
    assert facts(image).unread == ()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("var/lib/rpm/Packages", b"\x00" * 12 + b"\x61\x15\x06\x00" + b"\x09\x00\x00\x00" * 4),
        ("var/lib/rpm/Packages", b"no database"),
        ("usr/lib/sysimage/rpm/Packages.db", b"RpmP"),
        ("var/lib/rpm/rpmdb.sqlite", RPM[:5000]),
        ("var/lib/rpm/rpmdb.sqlite", b"SQLite format 3\0"),
    ],
)
def test_what_is_not_read_is_told(tmp_path, path, data):
    found = facts(made(tmp_path, layer((path, data))))
    assert (found.system, found.unread) == ((), (path,))


@pytest.mark.parametrize("name", ["Packages-512.gz", "Packages-8192.gz"])
def test_rpm_before_sqlite(tmp_path, name):
    # Written by Berkeley DB 5.3 from the same headers: with small pages each lies on pages of its own, in a chain.
    data = gzip.decompress((DATA / name).read_bytes())
    found = facts(made(tmp_path, layer(("var/lib/rpm/Packages", data))))
    assert {(p.kind, p.name, p.version) for p in found.system} == {
        ("rpm", "tiny-model", "1:2.34-100.el9"),
        ("rpm", "basesystem", "11-13.el9"),
    }
    assert found.unread == ()
    chance = random.Random(5)
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(20):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(Unreadable):
            rpmdb.old(stream_of(bytes(damaged)), len(damaged))


def test_a_log_beside_the_database_may_hold_more(tmp_path):
    path = "var/lib/rpm/rpmdb.sqlite"
    assert facts(made(tmp_path, layer((path, RPM), (f"{path}-wal", b"x")))).unread == (f"{path}-wal",)


def sqlite_of(statement, tmp_path):
    path = tmp_path / "made.sqlite"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(statement)
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW Packages AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS blob FROM c",
        "CREATE TABLE Packages (blob AS (zeroblob(900000000)), x); INSERT INTO Packages(x) VALUES (1)",
        "CREATE TABLE Packages (blob); INSERT INTO Packages VALUES ('text')",
        "CREATE TABLE Packages (blob); INSERT INTO Packages VALUES (x'00')",
        "CREATE TABLE Packages (blob); INSERT INTO Packages VALUES (x'7fffffff7fffffff')",
        "CREATE TABLE Other (blob)",
    ],
)
def test_a_database_that_is_no_plain_table_is_unreadable(tmp_path, statement):
    data = sqlite_of(statement, tmp_path)
    with pytest.raises(Unreadable):
        rpmdb.read(stream_of(data), len(data))


def test_damaged_bytes_are_unreadable_or_read():
    chance = random.Random(7)
    for _ in range(150):
        data = bytearray(RPM)
        for _ in range(30):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(Unreadable):
            rpmdb.read(stream_of(bytes(data)), len(data))
    for data in (STATUS, APK):
        for _ in range(200):
            list(ospackages.dpkg(stream_of(bytes(chance.choices(data, k=500)))))
            list(ospackages.apk(stream_of(data[chance.randrange(len(data)) :])))


def test_interpreters_of_all_kinds(tmp_path):
    image = made(
        tmp_path,
        layer(
            ("opt/conda/bin/python3.10", b"\x7fELF"), record("python", "3.10.14"), record("cudnn", "8.9.2.26"),
            ("root/.pyenv/versions/3.9.18/bin/python3.9", b"\x7fELF"),
            ("opt/py/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13", b"\x7fELF"),
            ("usr/local/bin/python3.12", b"\x7fELF"),
            ("usr/local/include/python3.12/patchlevel.h", header_of("3.12.7")),
            ("usr/local/bin/python3", "-> python3.12"),
            ("usr/bin/python3.8", b"\x7fELF"),
            ("srv/env/bin/python", "-> /usr/local/bin/python3"), ("srv/env/pyvenv.cfg", b"version = 3.12.3\n"),
            ("srv/lost/bin/python", "-> /nowhere/python3.11"),
            ("srv/lost/pyvenv.cfg", b"version_info = 3.11.4.final.0\n"),
        ),
    )  # fmt: skip
    assert {(p.path, p.version, p.kind) for p in facts(image).interpreters} == {
        ("opt/conda/bin/python3.10", "3.10.14", "conda"),
        ("root/.pyenv/versions/3.9.18/bin/python3.9", "3.9.18", "pyenv"),
        ("opt/py/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13", "3.13.1", "own"),
        ("usr/local/bin/python3.12", "3.12.7", "own"),
        ("usr/bin/python3.8", "3.8", "system"),  # no package and no header: the series is all that is known
        ("srv/env/bin/python", "3.12.7", "venv"),  # its base's, which may be newer than when it was made
        ("srv/lost/bin/python", "3.11.4", "venv"),
    }


def test_the_header_of_a_real_python(tmp_path):
    header = Path(sysconfig.get_path("include"), "patchlevel.h")
    if not header.is_file():
        pytest.skip("this Python came without its headers")
    series = sysconfig.get_python_version()
    folder = f"usr/local/include/python{series}"
    files = [(f"usr/local/bin/python{series}", b"\x7fELF"), (f"{folder}/patchlevel.h", header.read_bytes())]
    found = facts(made(tmp_path, layer(*files, (f"usr/local/lib/python{series}/site-packages/x.py", b""))))
    assert found.interpreters[0].version.startswith(f"{series}.")


def test_distributions_of_every_folder(tmp_path):
    image = made(
        tmp_path,
        layer(
            distribution(SITE, "numpy", "1.26.4"), (f"{SITE}/numpy/__init__.py", b""),
            (f"{SITE}/_x.cpython-310.so", b""),
            (f"{SITE}/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA", b"Name: wheel\nVersion: 0.43.0\n"),
            (f"{SITE}/old-2.0-py3.10.egg/EGG-INFO/PKG-INFO", b"Name: Old\nVersion: 2.0\n"),
            (f"{SITE}/mine.egg-link", b"/srv/mine\n"),
            ("usr/lib/python3/dist-packages/six-1.16.0.egg-info", b"Name: six\nVersion: 1.16.0\n"),
            distribution("opt/app", "flask", "3.0.0"),
        ),
        Env=["PATH=/opt/conda/bin", "PYTHONPATH=/opt/app"],
    )  # fmt: skip
    found = {folder: {n: d.said.version for n, d in there.items()} for folder, there in facts(image).sites.items()}
    assert found == {
        SITE: {"numpy": "1.26.4", "old": "2.0", "mine": ""},
        "usr/lib/python3/dist-packages": {"six": "1.16.0"},
        "opt/app": {"flask": "3.0.0"},
    }
    assert environment(image).packages == {"flask": "3.0.0", "numpy": "1.26.4", "old": "2.0", "mine": ""}


def test_what_conda_installed(tmp_path):
    broken = ("opt/conda/conda-meta/broken-1.0-0.json", b"{" * 100_000)
    found = facts(made(tmp_path, layer(record("cudatoolkit", "11.8.0"), record("mkl", "2024.0", "defaults"), broken)))
    assert [(p.name, p.version, p.build) for p in found.conda] == [
        ("cudatoolkit", "11.8.0", "h1_0"),
        ("mkl", "2024.0", "h1_0"),
    ]
    assert [(t.part, t.version, t.where) for t in found.cuda] == [("cuda", "11.8.0", "pkg/cudatoolkit")]


def test_cuda_from_everywhere(tmp_path):
    json_of = {"cuda": {"name": "CUDA SDK", "version": "12.4.1"}, "cuda_cudart": {"version": "12.4.127"}}
    image = made(
        tmp_path,
        layer(
            ("usr/local/cuda-12.4/version.json", json.dumps(json_of).encode()),
            ("usr/local/cuda-12.4/lib64/libcudart.so.12.4.127", b"x"),
            ("usr/local/cuda-12.4/lib64/libcudart.so.12", "-> libcudart.so.12.4.127"),
            ("usr/local/cuda-12.4/compat/libcuda.so.550.54.15", b"x"),
            ("usr/lib/x86_64-linux-gnu/libcuda.so.535.1.1", b"x"),  # the host's, bound in: no part of the image
            ("usr/lib/x86_64-linux-gnu/libcudnn.so.9.1.0", b"x"),
            distribution(SITE, "nvidia-cuda-runtime-cu12", "12.1.105"), distribution(SITE, "torch", "2.3.1+cu121"),
            distribution(SITE, "nvidia-cudnn-cu12", "8.9.2.26"),
        ),
        Env=["CUDA_VERSION=12.4.1", "NV_CUDNN_VERSION=9.1.0.70-1", "NCCL_VERSION=$X"], Labels={"cuda-version": "cu124"},
    )  # fmt: skip
    assert [(t.part, t.version, t.where, t.built) for t in facts(image).cuda] == [
        ("cuda", "12.4.1", "env/CUDA_VERSION", False),
        ("cudnn", "9.1.0.70", "env/NV_CUDNN_VERSION", False),
        ("cuda", "12.4.1", "usr/local/cuda-12.4/version.json", False),
        ("cuda", "12.4.127", "usr/local/cuda-12.4/lib64/libcudart.so.12.4.127", False),
        ("driver", "550.54.15", "usr/local/cuda-12.4/compat/libcuda.so.550.54.15", False),
        ("cudnn", "9.1.0", "usr/lib/x86_64-linux-gnu/libcudnn.so.9.1.0", False),
        ("cuda", "12.1.105", "pkg/nvidia-cuda-runtime-cu12", False),
        ("cudnn", "8.9.2.26", "pkg/nvidia-cudnn-cu12", False),
        ("cuda", "12.1", "pkg/torch", True),
    ]


@pytest.mark.parametrize(
    ("files", "config", "server", "stack"),
    [
        ([distribution(SITE, "torchserve", "0.12.0")], {}, ("torchserve", "0.12.0", "pkg/torchserve"), "torchserve"),
        (
            [("opt/tritonserver/bin/tritonserver", b"\x7fELF")],
            {"Env": ["PATH=/opt/tritonserver/bin", "TRITON_SERVER_VERSION=2.50.0"]},
            ("triton", "2.50.0", "env/TRITON_SERVER_VERSION"), "triton",
        ),
        (
            [("usr/bin/djl-serving", b"#!/bin/sh")], {"Labels": {"djl-serving-version": "0.32.0"}},
            ("djl-serving", "0.32.0", "label/djl-serving-version"), "djl",
        ),
        (
            [("usr/bin/tensorflow_model_server", b"\x7fELF")],
            {"Labels": {"tensorflow_serving_github_branchtag": "2.18.0"}},
            ("tensorflow-serving", "2.18.0", "label/tensorflow_serving_github_branchtag"), "tensorflow-serving",
        ),
        (
            [("usr/bin/text-embeddings-router", b"\x7fELF")], {},
            ("text-embeddings-inference", "", "usr/bin/text-embeddings-router"), "tei",
        ),
        (
            [
                distribution(SITE, "sagemaker_huggingface_inference_toolkit", "2.4.1"),
                ("opt/conda/bin/multi-model-server", b"#!/opt/conda/bin/python\n"),
            ],
            {"Env": ["PATH=/opt/conda/bin"]},
            ("sagemaker-huggingface-inference-toolkit", "2.4.1", "pkg/sagemaker-huggingface-inference-toolkit"),
            "huggingface",
        ),
    ],
)  # fmt: skip
def test_servers(tmp_path, files, config, server, stack):
    image = made(tmp_path, layer(*files), **{"Env": ["PATH=/usr/bin"], **config})
    assert server in [tuple(s) for s in facts(image).servers]
    assert stack_of(image) == stack


def test_the_labels_of_a_deep_learning_container(tmp_path):
    prefix = "com.amazonaws.ml.engines.sagemaker.dlc."
    names = [
        "framework.pytorch.2-0-1", "job.inference", "contributor.huggingface", "lib.transformers.4-28-1",
        "python.py310", "device.gpu", "os.ubuntu20-04", "arch.x86",
    ]  # fmt: skip
    image = made(tmp_path, layer(("a", b"")), Labels={f"{prefix}{n}": "true" for n in names})
    assert facts(image).labelled == {
        "framework": "pytorch 2.0.1", "job": "inference", "contributor": "huggingface", "lib": "transformers 4.28.1",
        "python": "py310", "device": "gpu", "os": "ubuntu20.04", "arch": "x86",
    }  # fmt: skip
    assert stack_of(image) == "huggingface"


def test_the_same_from_whatever_source_and_from_the_cache(tmp_path):
    made_of = layer(("var/lib/dpkg/status", STATUS), record("mkl", "2024.0"), distribution(SITE, "numpy", "1.26.4"))
    config = {**CONFIG, "rootfs": {"diff_ids": [f"sha256:{hashlib.sha256(made_of).hexdigest()}"]}}
    saved = str(docker_archive(tmp_path / "image.tar", made_of, config=config))
    first = facts(read(saved))
    assert list((tmp_path / "cache").iterdir())
    assert facts(read(saved)) == first
    assert facts(read(str(oci_layout(tmp_path / "oci", made_of, config=config)))) == first


def test_what_others_carry_inside_and_second_versions(tmp_path):
    from doctor.image import read
    from doctor.image.facts import facts
    from tests.image.saving import distribution, docker_archive, layer

    site = "usr/local/lib/python3.11/site-packages"
    entries = (
        distribution(site, "setuptools", "80.9.0"),
        distribution(f"{site}/setuptools/_vendor", "wheel", "0.45.1"),
        distribution(site, "numpy", "2.1.3"),
        distribution(site, "numpy", "2.4.6"),
    )
    found = facts(read(str(docker_archive(tmp_path / "image.tar", layer(*entries)))))
    assert {n: d.said.version for n, d in found.sites[site].items()} == {"setuptools": "80.9.0", "numpy": "2.1.3"}
    assert [(d.said.name, d.said.version) for d in found.carried] == [("wheel", "0.45.1"), ("numpy", "2.4.6")]
