"""Tests of the check golden-versions-differ."""

from __future__ import annotations

import json

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/golden-versions-differ").findings[0]
    assert first.check.id == "golden-versions-differ"
    assert "captured with joblib 1.5.2; joblib 1.6.0 serves" in first.finding.message


def told(**packages):
    return json.dumps({"doctor": 1, "environment": {"python": "3.11.7", "packages": packages}, "samples": []})


def test_the_same_versions_are_clear():
    files = {"doctor.json": told(torch="2.13.0+cpu", PyYAML="6.0.3")}
    serving = {"torch": "2.13.0", "pyyaml": "6.0.3"}
    assert ask("golden-versions-differ", artifact=files, serving=serving).status is Status.CLEAR


def test_other_builds_differ():
    files = {"doctor.json": told(torch="2.13.0+cpu")}
    assert ask("golden-versions-differ", artifact=files, serving={"torch": "2.13.0+cu130"}).status is Status.FOUND


def test_what_is_no_doctor_json_is_unknown():
    outcome = ask("golden-versions-differ", artifact={"doctor.json": "{}"}, serving={"numpy": "2.4.6"})
    assert outcome.status is Status.UNKNOWN


def test_without_one_it_is_clear():
    assert ask("golden-versions-differ", artifact={"model.pt": b"x"}, serving={"numpy": "2.4.6"}).status is Status.CLEAR
