"""Tests of the check server-not-reachable."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "server-not-reachable"


def outcome(line, config=None, **files):
    return ask(ID, image=image({"usr/bin/serve": f"#!/bin/sh\n{line}\n", **files}, config=config))


@pytest.mark.parametrize(("variant", "server"), [("", "uvicorn"), ("--torchserve", "torchserve")])
def test_is_first_on_its_fixtures(variant, server):
    first = examine(f"sick/{ID}{variant}").findings[0]
    assert first.check.id == ID
    assert f"{server} listens on 127.0.0.1:8080" in first.finding.message


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("exec gunicorn app:app", "127.0.0.1:8000"),
        ("gunicorn -b 0.0.0.0:5000 app:app", "0.0.0.0:5000"),
        ("exec python3 -m uvicorn app:app --host=0.0.0.0 --port=80", "0.0.0.0:80"),
        ("flask run --host 0.0.0.0", "0.0.0.0:5000"),
    ],
)
def test_other_lines(line, address):
    assert address in outcome(line).findings[0].message


@pytest.mark.parametrize(
    "line",
    [
        "exec uvicorn app:app --host 0.0.0.0 --port 8080",
        "gunicorn --bind :8080 app:app",
        "gunicorn -c conf.py app:app",
        "gunicorn -b 0.0.0.0:$PORT app:app",
        "nginx & gunicorn -b 127.0.0.1:5000 app:app",
        "gunicorn -b unix:/tmp/s app:app",
        "# uvicorn app:app",
        "pip install uvicorn",
        "uvicorn --version",
    ],
)
def test_lines_that_may_do_are_clear(line):
    assert outcome(line).status is Status.CLEAR


def test_variables_of_the_server_are_not_judged():
    assert outcome("uvicorn app:app", {"Env": ["UVICORN_HOST=0.0.0.0"]}).status is Status.CLEAR


def test_a_config_that_listens_for_all_is_clear():
    said = {"c.properties": "inference_address=http://0.0.0.0:8080\n"}
    assert outcome("torchserve --start --ts-config /c.properties", **said).status is Status.CLEAR


def test_the_port_that_the_endpoint_names():
    first = examine(f"sick/{ID}--bind-to-port").findings[0]
    assert first.check.id == ID
    assert "uvicorn listens on 0.0.0.0:8080, and the platform asks port 8081" in first.finding.message
    assert "${SAGEMAKER_BIND_TO_PORT:-8080}" in first.finding.fix
