"""Tests of the check entrypoint-never-runs-serve."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "entrypoint-never-runs-serve"


def outcome(script="", entrypoint=("/e",), serve="#!/bin/sh\n"):
    return ask(ID, image=image({"e": script, "usr/bin/serve": serve}, config={"Entrypoint": list(entrypoint)}))


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "never runs /home/bentoml/bundle/serve" in first.finding.message


def test_shell_form_that_runs_something_else():
    assert outcome(entrypoint=("/bin/sh", "-c", "python3 app.py")).status is Status.FOUND


@pytest.mark.parametrize(
    "script",
    [
        '#!/bin/sh\nexec "$@"',
        '#!/bin/sh\ncase "$1" in a) ;; esac',
        "#!/bin/sh\nserve",
        "#!/bin/sh\nuvicorn --port 8080",
    ],
)
def test_scripts_that_may_run_it_are_clear(script):
    assert outcome(script).status is Status.CLEAR


def test_a_python_entrypoint_is_clear():
    assert outcome(entrypoint=("python3", "/app.py")).status is Status.CLEAR
