"""Tests of the check cache-not-writable-on-serverless."""

from __future__ import annotations

from doctor.model import Status
from doctor.target import Target
from tests.containers import image
from tests.deployments import ask, examine

ID = "cache-not-writable-on-serverless"


def outcome(said, **given):
    return ask(ID, image=image(config={"Env": [said]}), target=Target(endpoint="serverless", **given))


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "HUGGINGFACE_HUB_CACHE=/data" in first.finding.message


def test_what_the_endpoint_sets_counts():
    assert outcome("HF_HOME=/data", variables={"HF_HOME": "/tmp/hf"}).status is Status.CLEAR
    assert outcome("A=b", variables={"HF_HOME": "/data"}).status is Status.FOUND


def test_writable_places_are_clear():
    assert outcome("HF_HOME=/tmp").status is Status.CLEAR


def test_another_endpoint_is_clear():
    assert ask(ID, image=image(config={"Env": ["HF_HOME=/data"]})).status is Status.CLEAR
