"""Tests of the check path-of-another-machine."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/path-of-another-machine").findings[0]
    assert first.check.id == "path-of-another-machine"
    assert "/home/ec2-user" in first.finding.message


def test_paths_of_the_container_are_clear():
    code = "def model_fn(d):\n    return open('/opt/ml/code/x').read() + open('/tmp/x').read()\n"
    assert ask("path-of-another-machine", artifact={"code/inference.py": code}).status is Status.CLEAR
