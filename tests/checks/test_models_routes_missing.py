"""Tests of the check models-routes-missing."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask
from tests.trials.served import answer, served

ID = "models-routes-missing"
ALL = {
    name: answer(status)
    for name, status in {
        "load": 200, "again": 409, "list": 200, "get": 200, "invoke": 200, "delete": 200, "gone": 404,
    }.items()
}  # fmt: skip


def outcome(**routes):
    return ask(ID, serve=served(models_routes={**ALL, **routes}, answers=[]))


def test_no_route_at_all():
    absent = dict.fromkeys(ALL, answer(404))
    (finding,) = outcome(**absent).findings
    assert "POST /models (status 404), GET /models (status 404)" in finding.message
    assert "/models/NAME" not in finding.message


def test_a_route_of_a_loaded_model():
    (finding,) = outcome(delete=answer(405)).findings
    assert "DELETE /models/NAME (status 405)" in finding.message


def test_a_model_that_fails_to_load_says_nothing_of_routes():
    assert outcome(load=answer(500), get=answer(404), invoke=answer(404), delete=answer(404)).status is Status.CLEAR


def test_all_there_is_clear():
    assert outcome().status is Status.CLEAR
    assert ask(ID, serve=served()).status is Status.CLEAR
