"""Tests of the check shebang-interpreter-absent."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "shebang-interpreter-absent"


@pytest.mark.parametrize(
    ("variant", "said", "log"),
    [
        ("", "Windows line ends", "exec /usr/local/bin/serve: no such file or directory"),
        ("--env", "run by python,", "/usr/bin/env: 'python': No such file or directory"),
        ("--venv", "/opt/venv/bin/python3", "exec /usr/local/bin/serve: no such file or directory"),
    ],
)
def test_is_first_on_its_fixtures(variant, said, log):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert said in first.finding.message
    assert first.finding.log == log


def test_env_gets_the_carriage_return_too():
    finding = ask(ID, image=image({"usr/bin/serve": "#!/usr/bin/env python3\r\nx = 1\r\n"})).findings[0]
    assert finding.log == "/usr/bin/env: 'python3\\r': No such file or directory"


@pytest.mark.parametrize(
    "line",
    ["#!/bin/sh", "#! /bin/bash -e", "#!/usr/bin/env python3", "#!/usr/bin/env -S python3 -u", "#!/bin/sh -e\r", "#!"],
)
def test_interpreters_that_are_there_are_clear(line):
    assert ask(ID, image=image({"usr/bin/serve": f"{line}\nexit 0\n"})).status is Status.CLEAR
