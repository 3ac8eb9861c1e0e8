"""Tests of the check start-argument-refused."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-argument-refused"
PROGRAMS = {f"usr/bin/{name}": "#!/usr/bin/python3\n" for name in ("uvicorn", "gunicorn", "flask", "hypercorn")}


@pytest.mark.parametrize(("variant", "server"), [("", "uvicorn"), ("--torchserve", "torchserve")])
def test_is_first_on_its_fixtures(variant, server):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert f"{server} refuses the argument 'serve'" in first.finding.message


@pytest.mark.parametrize(
    "words", [["flask", "run"], ["python3", "-m", "uvicorn", "a:b"], ["python3", "-m", "http.server", "8080"]]
)
def test_others_that_refuse_it(words):
    assert ask(ID, image=image(PROGRAMS, config={"Entrypoint": words})).status is Status.FOUND


@pytest.mark.parametrize(
    "words",
    [["gunicorn", "a:b"], ["sh", "-c", "exec uvicorn a:b"], ["python3", "-m", "server"], ["python3", "app.py"], []],
)
def test_others_that_take_it_are_clear(words):
    assert ask(ID, image=image(PROGRAMS, config={"Entrypoint": words})).status is Status.CLEAR
