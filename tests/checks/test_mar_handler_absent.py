"""mar-handler-absent: the fixture first, near misses clear."""

from __future__ import annotations

import io
import json
import zipfile

from doctor.model import Status
from tests.deployments import ask, examine


def archive(handler, *files, **model):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for file in files:
            packed.writestr(file, "")
        packed.writestr("MAR-INF/MANIFEST.json", json.dumps({"model": {"modelName": "a", "handler": handler, **model}}))
    return data.getvalue()


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("mar-handler-absent")
    assert found.check.id == "mar-handler-absent"
    assert "demo_service:handle" in found.finding.message
    assert "model.pt" in found.finding.message


def test_a_handler_of_torchserve():
    outcome = ask("mar-handler-absent", artifact={"a.mar": archive("image_classifier")}, stack="torchserve")
    assert outcome.status is Status.CLEAR


def test_packed():
    outcome = ask("mar-handler-absent", artifact={"a.mar": archive("mine.py:handle", "mine.py")}, stack="torchserve")
    assert outcome.status is Status.CLEAR


def test_weights_absent():
    outcome = ask(
        "mar-handler-absent", artifact={"a.mar": archive("image_classifier", serializedFile="m.pt")}, stack="torchserve"
    )
    assert outcome.status is Status.FOUND
