"""Tests of the check unreadable-on-serverless."""

from __future__ import annotations

from doctor.model import Status
from doctor.target import Target
from tests.containers import image
from tests.deployments import ask, examine

ID = "unreadable-on-serverless"
SERVERLESS = Target(endpoint="serverless")


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "/opt/mlflow/app.py is closed to others (2 in all)" in first.finding.message


def test_another_endpoint_is_clear():
    assert ask(ID, image=image({"usr/bin/serve": ("#!/bin/sh\n", 0o700)})).status is Status.CLEAR


def test_open_files_are_clear():
    here = image({"usr/bin/serve": "#!/bin/sh\n", "etc/shadow": ("x", 0o600)})
    assert ask(ID, image=here, target=SERVERLESS).status is Status.CLEAR


def test_the_owner_is_nobody():
    here = image({"usr/bin/serve": ("#!/bin/sh\n", 0o750, 1000)})
    assert ask(ID, image=here, target=SERVERLESS).status is Status.FOUND
