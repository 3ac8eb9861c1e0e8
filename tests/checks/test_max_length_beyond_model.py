from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama


def status(length, env=None, **changes):
    variables = {"SM_VLLM_MAX_MODEL_LEN": length, **(env or {})}
    return ask("max-length-beyond-model", artifact=llama(**changes), stack="vllm", env=variables).status


def test_the_fixture():
    first = examine("sick/max-length-beyond-model").findings[0]
    assert first.check.id == "max-length-beyond-model"
    assert "72000" in first.finding.message and first.finding.fix.endswith("=32768")


def test_within_or_scaled_or_allowed_is_clear():
    assert status("4096") is Status.CLEAR
    assert status("4097") is Status.FOUND
    assert status("8192", rope_scaling={"type": "yarn", "factor": 2.0}) is Status.CLEAR
    assert status("8192", {"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1"}) is Status.CLEAR
    assert status("auto") is Status.CLEAR
