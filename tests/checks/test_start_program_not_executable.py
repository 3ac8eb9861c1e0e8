"""Tests of the check start-program-not-executable."""

from __future__ import annotations

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-program-not-executable"


def test_is_first_on_its_fixtures():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "/opt/program/serve, which has mode 0644" in first.finding.message
    assert "executable file not found in $PATH" in first.finding.log
    assert examine(f"sick/{ID}--entrypoint").findings[0].finding.log == 'exec: "/opt/program/serve": permission denied'


def test_a_later_folder_of_the_path_may_have_one_that_runs():
    files = {"usr/local/bin/serve": ("#!/bin/sh\n", 0o644), "usr/bin/serve": "#!/bin/sh\n"}
    assert ask(ID, image=image(files)).status is Status.CLEAR


def test_a_script_for_an_interpreter_needs_no_bit():
    here = image({"srv/serve.py": ("x = 1\n", 0o644)}, config={"Entrypoint": ["python3", "/srv/serve.py"]})
    assert ask(ID, image=here).status is Status.CLEAR
