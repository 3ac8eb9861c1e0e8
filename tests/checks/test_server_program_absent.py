"""Tests of the check server-program-absent."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "server-program-absent"


def outcome(text, **files):
    return ask(ID, image=image({"usr/bin/serve": f"#!/usr/bin/python3\n{text}\n", **files}))


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "/usr/local/bin/serve, line 4, starts nginx" in first.finding.message


def test_the_toolkit_of_old_starts_nginx():
    assert outcome("from sagemaker_containers.cli.serve import main").status is Status.FOUND


def test_a_script_that_an_interpreter_is_given():
    here = image({"srv/a.py": "run(['gunicorn', 'a:b'])\n"}, config={"Entrypoint": ["python3", "/srv/a.py"]})
    assert ask(ID, image=here).status is Status.FOUND


@pytest.mark.parametrize("text", ["Popen(['python3', 'x.py'])", "# nginx", "Popen([NGINX])"])
def test_others_are_clear(text):
    assert outcome(text).status is Status.CLEAR


def test_a_program_that_is_there_is_clear():
    files = {"usr/bin/serve": "Popen(['nginx'])", "usr/sbin/nginx": "x"}
    assert ask(ID, image=image(files)).status is Status.CLEAR
