"""Tests of the check user-cannot-start-server."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "user-cannot-start-server"
SERVE = "#!/bin/sh\n"


def outcome(user, **files):
    return ask(ID, image=image(files, config={"User": user}))


@pytest.mark.parametrize(
    ("variant", "said", "log"),
    [
        ("", "USER 1000 may not execute /opt/program/serve", "exec /opt/program/serve: permission denied"),
        ("--script", "may not read /opt/program/server.py", "[Errno 13] Permission denied"),
        ("--unknown", "USER model-server is not in", "unable to find user model-server"),
    ],
)
def test_is_first_on_its_fixtures(variant, said, log):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert said in first.finding.message
    assert log in first.finding.log


@pytest.mark.parametrize("user", ["", "root", "0", "0:0"])
def test_root_may_all(user):
    assert outcome(user, **{"usr/bin/serve": (SERVE, 0o700)}).status is Status.CLEAR


def test_the_owner_may():
    assert outcome("1000", **{"usr/bin/serve": (SERVE, 0o700, 1000)}).status is Status.CLEAR


def test_the_group_may_be_the_users():
    assert outcome("1000", **{"usr/bin/serve": (SERVE, 0o750)}).status is Status.CLEAR


def test_a_name_without_a_list_of_users_is_not_judged():
    assert outcome("model", **{"usr/bin/serve": (SERVE, 0o755)}).status is Status.CLEAR
