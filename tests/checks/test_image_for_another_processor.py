"""Tests of the check image-for-another-processor."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "image-for-another-processor"


@pytest.mark.parametrize(
    ("variant", "said", "log"),
    [
        ("", "is for arm64, and ml.m5.xlarge has x86_64", "exec ./entrypoint.sh: exec format error"),
        ("--graviton", "is for amd64, and ml.c7g.xlarge has arm64", "exec /usr/local/bin/serve: exec format error"),
    ],
)
def test_is_first_on_its_fixtures(variant, said, log):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert said in first.finding.message
    assert first.finding.log == log


@pytest.mark.parametrize(("architecture", "instance"), [("amd64", "ml.g5.xlarge"), ("arm64", "ml.c7g.xlarge")])
def test_the_right_one_is_clear(architecture, instance):
    assert ask(ID, image=image(architecture=architecture), instance=instance).status is Status.CLEAR


def test_without_an_instance_nobody_knows():
    assert ask(ID, image=image(architecture="arm64")).status is Status.UNKNOWN
