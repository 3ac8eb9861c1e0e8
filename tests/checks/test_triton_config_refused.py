"""triton-config-refused: the fixtures first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.tritonfiles import CONFIG, LINE


def first(name):
    return examine(f"sick/{name}").findings[0]


def test_sick():
    found = first("triton-config-refused")
    assert found.check.id == "triton-config-refused"
    assert "other" in found.finding.message
    assert "line" in found.finding.message


def test_sick_platform():
    found = first("triton-config-refused--platform")
    assert found.check.id == "triton-config-refused"
    assert "platform python" in found.finding.message


def test_sick_bracket():
    found = first("triton-config-refused--bracket")
    assert found.check.id == "triton-config-refused"
    assert "line 3" in found.finding.message


def test_sick_type():
    found = first("triton-config-refused--type")
    assert found.check.id == "triton-config-refused"
    assert "FP32" in found.finding.message


def test_right():
    outcome = ask("triton-config-refused", artifact=LINE, stack="triton")
    assert outcome.status is Status.CLEAR


def test_no_name():
    outcome = ask(
        "triton-config-refused",
        artifact=LINE | {"line/config.pbtxt": CONFIG.replace('name: "line"\n', "", 1)},
        stack="triton",
    )
    assert outcome.status is Status.CLEAR


def test_a_comment():
    outcome = ask(
        "triton-config-refused", artifact=LINE | {"line/config.pbtxt": "# note: {\n" + CONFIG}, stack="triton"
    )
    assert outcome.status is Status.CLEAR


def test_an_unknown_field():
    outcome = ask(
        "triton-config-refused", artifact=LINE | {"line/config.pbtxt": CONFIG + "max_batchsize: 8"}, stack="triton"
    )
    assert outcome.status is Status.FOUND


def test_no_dims():
    outcome = ask(
        "triton-config-refused",
        artifact=LINE | {"line/config.pbtxt": CONFIG.replace(" dims: [ -1 ]", "")},
        stack="triton",
    )
    assert outcome.status is Status.FOUND
