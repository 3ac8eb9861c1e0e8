"""
Servers that are really started: what doctor says of images whose server fails in one way each, and of one that is good.

The images are the fixtures' servers over a root file system of this machine's Python (tests/image/rootfs.py).
"""

from __future__ import annotations

import json
import sys

import pytest

from doctor.deployment import Deployment, Plan
from doctor.model import Severity, Status
from doctor.reporting import report_on
from doctor.trials.sandbox import owners, volumes
from tests.deployments import FIXTURES, artifact_of, checks, described
from tests.image import rootfs
from tests.image.engine import Images, docker, running

sys.path.insert(0, str(FIXTURES))
sys.path.insert(0, str(FIXTURES / "images"))
import containers
import sick

pytestmark = pytest.mark.skipif(not running(), reason="no container engine here, so NO server was started: run dockerd")

QUICK = [
    "server-does-not-start",
    "ping-not-answered",
    "ping-slow",
    "served-request-fails",
    "requests-together-fail",
    "ping-good-while-model-fails",
    "answer-over-limit",
    "models-routes-missing",
]
SLOW = ["stop-ignored", "start-near-timeout"]
BESIDE = {"ping-good-while-model-fails": "served-request-fails"}  # what is found before it


@pytest.fixture(scope="module")
def images():
    made = Images()
    yield made
    made.remove()


@pytest.fixture(scope="module")
def base(images):
    return images.imported(rootfs.root(), f"ENV PATH={containers.PATH}")


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def built(images, base, folder, image):
    place = folder / "context"
    place.mkdir()
    return images.built(place, *containers.dockerfile(image, base, place))


def image_of(fixture):
    return json.loads((FIXTURES / "sick" / fixture / "image.json").read_text())


def good():
    return {"files": {"usr/local/bin/serve": {"lines": sick.SERVER.split("\n")[:-1], "mode": "755"}}}


def served(image, folder, fixture="served-request-fails", **more):
    """The report of a fixture's artifact, tried in an image up to its server; and the step."""
    options = {k.replace("-", "_"): v for k, v in described(f"sick/{fixture}")["options"].items()}
    given = {**options, "sample": str(FIXTURES / "sick" / fixture / "request.json"), "trial": "serve", **more}
    planned = Deployment(Plan(artifact=str(artifact_of(f"sick/{fixture}", folder)), image=f"docker:{image}", **given))
    try:
        return report_on(planned, checks()), planned.trial.steps.get("serve")
    finally:
        planned.close()


def of_the_server(report):
    return [r.check.id for r in report.findings if r.finding.cause.startswith("trial:serve")]


def left():
    """What this process has in the engine."""
    mine = owners.mark().rpartition(".")[0]
    marks = docker("ps", "-aq", "--format", f'{{{{.Label "{volumes.MARK}"}}}}').splitlines()
    marks += docker("volume", "ls", "--format", f'{{{{.Label "{volumes.MARK}"}}}}').splitlines()
    return [mark for mark in marks if mark.startswith(mine)]


@pytest.mark.parametrize("fixture", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_a_sick_server_is_told(images, base, tmp_path, fixture):
    report, _ = served(built(images, base, tmp_path, image_of(fixture)), tmp_path, fixture)
    found = of_the_server(report)
    assert fixture in found, [o.reasons for o in report.outcomes if o.check.id == fixture]
    assert found[0] == BESIDE.get(fixture, fixture)
    assert [o.reasons for o in report.outcomes if o.status is Status.CRASHED] == []


def test_a_good_server_gets_no_finding(images, base, tmp_path):
    report, step = served(built(images, base, tmp_path, good()), tmp_path)
    assert [r.check.id for r in report.findings if r.check.severity > Severity.NOTE] == []
    value = step.value
    assert value["pinged"]
    assert value["ping_seconds"] < 60
    assert [a["status"] for a in (*value["answers"], *value["together"])] == [200] * 4
    assert value["answers"][0]["head"] == "[5.0, 11.0]"
    assert value["stopped"]["status"] == 0
    assert value["stopped"]["seconds"] < 20


def test_without_a_sample_it_is_started_and_pinged(images, base, tmp_path):
    report, step = served(built(images, base, tmp_path, good()), tmp_path, sample="")
    assert step.value["pinged"]
    unknown = next(o for o in report.outcomes if o.check.id == "served-request-fails")
    assert unknown.status is Status.UNKNOWN


def test_a_server_whose_protocol_the_probe_cannot_play_answers_in_its_place(images, base, tmp_path):
    report, _ = served(built(images, base, tmp_path, good()), tmp_path, stack="triton", trial="invoke")
    assert [o.reasons for o in report.outcomes if o.status is Status.CRASHED] == []


def test_nothing_is_left(images, base, tmp_path):
    served(built(images, base, tmp_path, image_of("ping-good-while-model-fails")), tmp_path)
    assert left() == []
