"""`doctor inspect IMAGE`: as text, as JSON, and as a CycloneDX bill of materials; and what a reference alone tells."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from doctor.cli import main
from doctor.image import cache
from doctor.image.reference import describe, environment
from doctor.model import Unknown
from tests.image.saving import distribution, docker_archive, layer
from tests.image.test_facts import APK, CONFIG, RPM, SITE, STATUS, record

RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
BASE = layer(
    ("var/lib/dpkg/status", STATUS), ("etc/os-release", RELEASE), ("usr/bin/python3.11", b"\x7fELF"),
    ("usr/bin/python3", "-> python3.11"),
    distribution("usr/lib/python3/dist-packages", "six", "1.16.0"),
    ("var/lib/rpm/Packages.db", b"RpmP"),
)  # fmt: skip
ADDED = layer(
    distribution(SITE, "numpy", "1.26.4"), (f"{SITE}/numpy/__init__.py", b""), distribution(SITE, "six", "1.16.0"),
    distribution(SITE, "gunicorn", "23.0.0"), record("mkl", "2024.0"),
)  # fmt: skip
SAID = {
    "Env": ["PATH=/usr/bin", "CUDA_VERSION=12.4.1"], "Entrypoint": ["serve", "--port", "8080"],
    "Labels": {"stage": "de\x1b[31mv"},
    "ExposedPorts": {"8080/tcp": {}},
}  # fmt: skip
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def saved(tmp_path):
    return str(docker_archive(tmp_path / "image.tar", BASE, ADDED, config={**CONFIG, "config": SAID}))


def run(*words):
    found = CliRunner().invoke(main, ["inspect", *words])
    assert found.exit_code in {0, 2}, found.output
    return found.stdout or found.stderr


def test_text(saved):
    shown = run(saved)
    for line in (
        "linux/amd64, 2 layers, ",
        '  entrypoint   ["serve", "--port", "8080"]',
        "  user         root",
        "  ports        8080/tcp",
        "  system       Debian GNU/Linux 12 (bookworm)",
        "  libc         glibc 2.36",
        "  servers      gunicorn 23.0.0",
        "  cuda         cuda 12.4.1 (env/CUDA_VERSION)",
        "  pythons      3.11.2 system /usr/bin/python3.11",
        r"  labels       stage=de\x1b[31mv",
        f"/{SITE}  3 distributions",
        "/usr/lib/python3/dist-packages  1 distribution, what serves\n    six==1.16.0\n",
        "system packages  3 (deb)\n    libc6=2.36-9+deb12u14, python3.11-minimal=",
        "conda packages  1\n    mkl=2024.0",
        "/var/lib/rpm/Packages.db  not read",
    ):
        assert line in shown
    assert shown.isascii()
    assert max(len(line) for line in shown.splitlines() if not line.startswith("/")) <= 80


def test_plain_text_needs_no_rich(saved):
    before = {name for name in sys.modules if name.startswith("rich")}
    run(saved)
    assert {name for name in sys.modules if name.startswith("rich")} == before


def test_json(saved):
    said = json.loads(run(saved, "--format", "json"))
    assert said["known"] == "in full"
    assert [set(row) for row in said["layers"]] == [{"digest", "bytes", "unpacked"}] * 2
    assert said["system"]["libc"] == {
        "kind": "glibc",
        "version": "2.36",
        "seen": "libc6 2.36-9+deb12u14",
        "exact": True,
    }
    assert said["system"]["not_read"] == ["var/lib/rpm/Packages.db"]
    assert (said["python"], said["packages"], said["serving"]) == (
        "3.11.2",
        {"six": "1.16.0"},
        "/usr/lib/python3/dist-packages",
    )
    assert said["sites"][0] == {
        "folder": SITE,
        "python": "3.10",
        "distributions": {"gunicorn": "23.0.0", "numpy": "1.26.4", "six": "1.16.0"},
        "modules": ["numpy"],
    }
    assert said["servers"] == [{"name": "gunicorn", "version": "23.0.0", "where": "pkg/gunicorn"}]
    assert said["interpreters"][0]["seen"].startswith("python3.11-minimal 3.11.2")


def test_cyclonedx(saved):
    pytest.importorskip("cyclonedx")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = run(saved, "--format", "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    said = json.loads(text)
    assert said["specVersion"] == "1.6"
    assert said["metadata"]["component"]["name"] == saved
    assert {"name": "doctor:not-read", "value": "var/lib/rpm/Packages.db"} in said["metadata"]["properties"]
    by_url = {one["purl"]: one for one in said["components"] if "purl" in one}
    assert sorted(by_url) == [
        "pkg:conda/mkl@2024.0?build=h1_0&channel=conda-forge&subdir=linux-64",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?arch=amd64&distro=debian-12",
        "pkg:deb/debian/python3.11-minimal@3.11.2-6%2Bdeb12u8?arch=amd64&distro=debian-12",
        "pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12",
        "pkg:pypi/gunicorn@23.0.0",
        "pkg:pypi/numpy@1.26.4",
        "pkg:pypi/six@1.16.0",
    ]
    places = [one["location"] for one in by_url["pkg:pypi/six@1.16.0"]["evidence"]["occurrences"]]
    assert sorted(places) == [f"/{SITE}", "/usr/lib/python3/dist-packages"]
    assert json.loads(run(saved, "--format", "cyclonedx"))["serialNumber"] == said["serialNumber"]


@pytest.mark.parametrize(
    ("files", "identity", "url"),
    [
        (("var/lib/rpm/rpmdb.sqlite", RPM), b"ID=rhel\nVERSION_ID=9.4\n",
         "pkg:rpm/rhel/tiny-model@2.34-100.el9?arch=x86_64&distro=rhel-9.4&epoch=1"),
        (("lib/apk/db/installed", APK), b"ID=alpine\nVERSION_ID=3.21.3\n",
         "pkg:apk/alpine/musl@1.2.5-r8?arch=x86_64&distro=alpine-3.21.3"),
    ],
)  # fmt: skip
def test_package_urls_of_other_systems(tmp_path, files, identity, url):
    pytest.importorskip("cyclonedx")
    saved = docker_archive(tmp_path / "image.tar", layer(files, ("etc/os-release", identity)), config=CONFIG)
    said = json.loads(run(str(saved), "--format", "cyclonedx"))
    assert url in {one.get("purl") for one in said["components"]}


def test_without_the_library_a_line_says_what_to_install(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "cyclonedx.output.json", None)
    assert run(saved, "--format", "cyclonedx") == (
        "doctor: --format cyclonedx needs cyclonedx-python-lib; pip install 'endpoint-doctor[sbom]'\n"
    )


@pytest.mark.parametrize("subject", ["python:3.11", "model"])
def test_only_an_image_has_a_bill_of_materials(tmp_path, monkeypatch, subject):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert "lists what is in an image that can be read" in run(subject, "--offline", "--format", "cyclonedx")


def test_a_reference_is_known_in_part():
    shown = run(f"{SKLEARN}:1.2-1-cpu-py3", "--offline")
    assert "known in part, from its reference" in shown
    assert "scikit-learn==1.2.1" in shown
    assert "scipy==?" in shown  # another was published under the same tag
    assert "serves       sklearn" in shown
    assert "known from   https://github.com/aws/sagemaker-scikit-learn-container/tree/1.2-1" in shown


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312",
            {
                "cloud": True,
                "region": "us-east-1",
                "python": "3.12",
                "cuda": "12.4",
                "os": "ubuntu22.04",
                "processor": "gpu",
            },
        ),
        (
            "763104351884.dkr.ecr.eu-west-1.amazonaws.com/djl-inference:0.36.0-lmi28.0.0-cu130",
            {"cloud": True, "cuda": "13.0", "processor": "gpu", "engine": "LMI 28.0.0, vLLM 0.26.0"},
        ),
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04",
            {"processor": "neuronx", "neuron": "2.31.1", "packages": {"torch": "2.9.0"}},
        ),
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference-graviton:2.4.0-cpu-py311-ubuntu22.04-sagemaker",
            {"architecture": "arm64", "processor": "cpu"},
        ),
        (f"{SKLEARN}:1.0-1-cpu-py3", {"python": "3.8", "os": "ubuntu18.04"}),
        (f"{SKLEARN}:1.2-1-arm64", {"architecture": "arm64", "packages": {"scikit-learn": ""}}),
        # Of the same name in somebody's own account: only what the tag says.
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            {"cloud": False, "packages": {"scikit-learn": ""}, "sources": ()},
        ),
        ("localhost:5000/model", {"registry": "localhost:5000", "repository": "model", "tag": ""}),
        ("nvcr.io/nvidia/tritonserver:24.09-py3", {"python": "", "cuda": "", "packages": {}}),
    ],
)
def test_what_a_reference_tells(reference, said):
    known = describe(reference)._asdict()
    assert {key: known[key] for key in said} == said


def test_versions_that_changed_under_a_tag_are_unknown():
    found = environment(f"{SKLEARN}:1.2-1-cpu-py3")
    assert str(found.version("scikit-learn")) == "1.2.1"
    with pytest.raises(Unknown, match="doesn't say which scipy"):
        found.version("scipy")
    with pytest.raises(Unknown):
        found.version("torch")  # its recipe doesn't name it, which doesn't mean that it is absent
