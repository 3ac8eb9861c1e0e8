"""
What a real engine says of sick images, and what doctor says of the same images in the same engine, are the same.

Each image is a fixture's files in one layer over a root file system that really runs. It is started as the platform
does, `docker run IMAGE serve`; the engine's or the kernel's words are then looked for in doctor's first finding.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time

import pytest

from doctor.deployment import Deployment, Plan
from doctor.model import Severity
from doctor.reporting import report_on
from tests.deployments import FIXTURES, artifact_of, checks, described
from tests.image import rootfs
from tests.image.engine import Images, docker, running

sys.path.insert(0, str(FIXTURES))
import containers

pytestmark = pytest.mark.skipif(
    not running(),
    reason="no container engine here, so NO image was run to hold findings against it: start dockerd",
)

# Fixture, exit status of `docker run`: 125 the engine, 126 and 127 what it starts, others the program itself.
REFUSED = [
    ("start-program-absent", 127),
    ("start-program-absent--not-on-path", 127),
    ("start-program-absent--handed-on", 127),
    ("start-program-absent--script", 2),
    ("training-image-served", 127),
    ("start-program-not-executable", 127),
    ("start-program-not-executable--entrypoint", 126),
    ("start-script-without-shebang", 1),
    ("start-script-without-shebang--blank-line", 1),
    ("shebang-interpreter-absent", 1),
    ("shebang-interpreter-absent--env", 127),
    ("shebang-interpreter-absent--venv", 1),
    ("user-cannot-start-server", 126),
    ("user-cannot-start-server--script", 2),
    ("user-cannot-start-server--unknown", 125),
    ("server-program-absent", 1),
    ("start-module-absent", 1),
    ("start-program-for-another-processor", 1),
    ("program-loader-absent", 1),
    ("program-library-missing", 127),
    ("program-library-missing--python", 127),
]
# Images whose every program is for another processor than this machine's; nothing in them is started.
OF_ANOTHER_PROCESSOR = ["image-for-another-processor", "start-program-for-another-processor--base"]
SERVING = [
    "container-entrypoint-is-python",
    "container-serve-is-a-link",
    "container-shell-form",
    "container-user-who-may",
    "container-wrapper-hands-on",
]


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def images():
    made = Images()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def base(images):
    return images.imported(rootfs.root(), f"ENV PATH={containers.PATH}")


def image_of(name: str) -> dict:
    return json.loads((FIXTURES / name / "image.json").read_text())


def built(images: Images, image: dict, base: str, folder) -> str:
    """An image of what a fixture adds, over a base."""
    place = folder / "context"
    place.mkdir()
    under = base if image.get("root", True) else "scratch"
    return images.built(place, *containers.dockerfile(image, under, place))


def ran(name: str, *words: str) -> tuple[int, str]:
    """Run an image, as the platform does where no other words are given; its exit status, and all that was said."""
    said = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", name, *(words or ("serve",))],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return said.returncode, said.stdout + said.stderr


def examined(name: str, image: str, folder, **more):
    """What doctor says of a fixture's artifact with an image of the engine."""
    options = {k.replace("-", "_"): v for k, v in described(name).get("options", {}).items()}
    given = {**options, "image": f"docker:{image}", **more}
    given["variables"] = given.pop("env", {})
    return report_on(Deployment(Plan(artifact=str(artifact_of(name, folder)), **given)), checks())


def is_said(finding, said: str) -> bool:
    """Whether the line that a finding predicts was really said."""
    return bool(finding.log) and finding.log in said.replace("\u2018", "'").replace("\u2019", "'")


@pytest.mark.parametrize(("fixture", "status"), REFUSED)
def test_what_the_engine_refuses_is_what_doctor_says_first(images, base, tmp_path, fixture, status):
    name = built(images, image_of(f"sick/{fixture}"), base, tmp_path)
    ended, said = ran(name)
    first = examined(f"sick/{fixture}", name, tmp_path).findings[0]
    assert first.check.id == fixture.partition("--")[0]
    assert first.check.severity is Severity.ERROR
    assert is_said(first.finding, said), (first.finding.log, said)
    assert ended == status, said


SCRIPT = {"lines": ["#!/bin/sh", "exec python3 -m http.server 8080"], "mode": "755"}
CLOSED = {"opt/closed": {"folder": True, "mode": "700"}, "opt/closed/serve": SCRIPT}
OTHERS = {
    "a folder that the user may not enter": (
        {"config": {"User": "1000", "Entrypoint": ["/opt/closed/serve"]}, "files": CLOSED},
        ("user-cannot-start-server", 126),
    ),
    "a folder on PATH that the user may not enter": (
        {"config": {"User": "1000", "Env": [f"PATH=/opt/closed:{containers.PATH}"]}, "files": CLOSED},
        ("user-cannot-start-server", 127),
    ),
    "a script that the user may execute and not read": (
        {"config": {"User": "1000"}, "files": {"usr/local/bin/serve": {**SCRIPT, "mode": "711"}}},
        ("user-cannot-start-server", 2),
    ),
    "Windows line ends behind env": (
        {"files": {"usr/local/bin/serve": {**SCRIPT, "lines": ["#!/usr/bin/env python3", "1"], "end": "\r\n"}}},
        ("shebang-interpreter-absent", 127),
    ),
    "a byte order mark": (
        {"files": {"usr/local/bin/serve": {"text": "\ufeff#!/bin/sh\n", "mode": "755"}}},
        ("start-script-without-shebang", 1),
    ),
    "an empty file": (
        {"files": {"usr/local/bin/serve": {"text": "", "mode": "755"}}},
        ("start-script-without-shebang", 1),
    ),
    "a folder": (
        {"config": {"Entrypoint": ["/opt/open"]}, "files": {"opt/open": {"folder": True, "mode": "755"}}},
        ("start-program-absent", 126),
    ),
    "a link to nowhere": (
        {"files": {"usr/local/bin/serve": {"link": "/opt/gone"}}},
        ("start-program-absent", 127),
    ),
    "a shell form whose program is absent": (
        {"config": {"Entrypoint": ["/bin/sh", "-c", "exec gunicorn app:app"]}},
        ("start-program-absent", 127),
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_ways_not_to_start(images, base, tmp_path, kind):
    image, (check, status) = OTHERS[kind]
    name = built(images, image, base, tmp_path)
    ended, said = ran(name)
    first = examined("sick/start-program-absent", name, tmp_path).findings[0]
    assert first.check.id == check
    assert is_said(first.finding, said), (first.finding.log, said)
    assert ended == status, said


@pytest.mark.skipif(platform.machine() != "x86_64", reason="NOT TESTED: the images are for arm64, as this machine is")
@pytest.mark.parametrize("fixture", OF_ANOTHER_PROCESSOR)
def test_images_of_another_processor(images, tmp_path, fixture):
    name = images.loaded(containers.save({**image_of(f"sick/{fixture}"), "tags": ["loaded:1"]}, tmp_path / "i.tar"))
    ended, said = ran(name)
    first = examined(f"sick/{fixture}", name, tmp_path).findings[0]
    assert first.check.id == fixture.partition("--")[0]
    assert is_said(first.finding, said), (first.finding.log, said)
    assert ended == 1, said


LIBRARY = "/usr/local/lib/python3.11/dist-packages/lightgbm/lib/lib_lightgbm.so"  # as lightgbm loads it


def test_a_library_of_the_system_that_is_missing(images, base, tmp_path):
    fixture = "sick/system-library-missing--libgomp"
    name = built(images, image_of(fixture), base, tmp_path)
    said = ran(name, "python3", "-c", f"import ctypes; ctypes.CDLL('{LIBRARY}')")[1]
    first = examined(fixture, name, tmp_path).findings[0]
    assert first.check.id == "system-library-missing"
    assert is_said(first.finding, said), said


ASKED = """
import urllib.request
try:
    print(urllib.request.urlopen('http://127.0.0.2:8080/ping', timeout=2).status)
except OSError as error:
    print(error)
"""


def pinged(name: str, seconds: float) -> tuple[str, str]:
    """
    Start an image as the platform does; what /ping on port 8080 answers, and what the container said.

    It is asked at 127.0.0.2, where what listens on all addresses answers, as it does from outside, and what listens on
    127.0.0.1 doesn't: so the engine needs no network.
    """
    container = docker("run", "-d", "--network", "none", name, "serve")
    try:
        until, answer = time.monotonic() + seconds, ""
        while answer != "200" and time.monotonic() < until:
            time.sleep(0.2)
            asked = ["docker", "exec", "-u", "0", container, "python3", "-c", ASKED]
            answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        logs = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=False)
        return answer, logs.stdout + logs.stderr
    finally:
        docker("rm", "-f", container)


@pytest.mark.parametrize("fixture", SERVING)
def test_what_answers_pings_gets_no_finding(images, base, tmp_path, fixture):
    name = built(images, image_of(f"healthy/{fixture}"), base, tmp_path)
    answer, said = pinged(name, 30)
    assert answer == "200", said
    report = examined(f"healthy/{fixture}", name, tmp_path)
    assert [f for f in report.findings if f.check.severity > Severity.NOTE] == []


def test_an_entrypoint_that_never_runs_serve_answers_no_ping(images, base, tmp_path):
    fixture = "sick/entrypoint-never-runs-serve"
    name = built(images, image_of(fixture), base, tmp_path)
    assert "Connection refused" in pinged(name, 3)[0]
    assert examined(fixture, name, tmp_path).findings[0].check.id == "entrypoint-never-runs-serve"
