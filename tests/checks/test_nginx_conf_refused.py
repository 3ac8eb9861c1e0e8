"""Tests of the check nginx-conf-refused."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.containers import image
from tests.deployments import ask, examine

ID = "nginx-conf-refused"


def outcome(location, serve="nginx -c /opt/nginx.conf"):
    conf = f"http {{ server {{ {location} }} }}"
    return ask(ID, image=image({"usr/bin/serve": f"#!/bin/sh\n{serve}\n", "opt/nginx.conf": conf}))


def test_is_first_on_its_fixture():
    first = examine(f"sick/{ID}").findings[0]
    assert first.check.id == ID
    assert "/opt/program/nginx.conf, line 8: proxy_pass http://127.0.0.1:5000/" in first.finding.message
    assert first.finding.fix == "proxy_pass http://127.0.0.1:5000;"


@pytest.mark.parametrize(
    "location",
    [
        "location ~ ^/(ping|invocations) { proxy_pass http://gunicorn; }",
        "location /ping { proxy_pass http://127.0.0.1:5000/; }",
        "location ~ ^/ping { # proxy_pass http://a/;\n proxy_pass http://a; }",
    ],
)
def test_what_nginx_takes_is_clear(location):
    assert outcome(location).status is Status.CLEAR


def test_a_file_that_nothing_names_is_clear():
    assert outcome("location ~ ^/p { proxy_pass http://a/b; }", serve="python3 x.py").status is Status.CLEAR
