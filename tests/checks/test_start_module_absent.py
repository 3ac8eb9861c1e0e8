"""Tests of the check start-module-absent."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "start-module-absent"


def outcome(words, files=None, there=(), **config):
    here = image(files, config={"Entrypoint": words, **config})
    return ask(ID, image=here, serving={}, finds=lambda module: module in there)


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert first.finding.log == "/usr/bin/python3: No module named uvicorn"
    assert first.finding.fix == "RUN /usr/bin/python3 -m pip install uvicorn in the Dockerfile"


def test_an_exec_form():
    assert outcome(["python3", "-m", "gunicorn"]).status is Status.FOUND


@pytest.mark.parametrize(
    ("words", "files", "config"),
    [
        (["python3", "-m", "flask"], None, {}),
        (["python3", "-m", "server"], {"server.py": "x"}, {}),
        (["python3", "-m", "server"], None, {"WorkingDir": "/opt/ml/code"}),
        (["python3", "-m", "server"], None, {"Env": ["PYTHONPATH=/opt/ml/model/code"]}),
        (["python3", "server.py"], None, {}),
        (["uvicorn", "app:app"], None, {}),
        (["python3"], None, {}),
    ],
)
def test_what_is_there_or_may_come_is_clear(words, files, config):
    assert outcome(words, files, there=("flask",), **config).status is Status.CLEAR


def test_where_nobody_can_know_it_is_clear():
    here = image(config={"Entrypoint": ["python3", "-m", "gunicorn"]})
    assert ask(ID, image=here, serving={}, complete=False, finds=lambda _: None).status is Status.CLEAR
