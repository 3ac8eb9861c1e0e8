from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama


def status(vllm, instance="ml.g4dn.xlarge", dtype="bfloat16", **env):
    given = {"artifact": llama(torch_dtype=dtype), "stack": "vllm", "env": env, "instance": instance}
    return ask("bfloat16-needs-newer-gpu", serving={"vllm": vllm} if vllm else {}, **given).status


def test_the_fixtures():
    first = examine("sick/bfloat16-needs-newer-gpu").findings[0]
    assert first.check.id == "bfloat16-needs-newer-gpu"
    assert "T4" in first.finding.message and "7.5" in first.finding.log
    first = examine("sick/bfloat16-needs-newer-gpu--asked-for").findings[0]
    assert first.check.id == "bfloat16-needs-newer-gpu"
    assert first.finding.fix == "option.dtype=fp16"


def test_by_itself_only_older_releases_refuse():
    assert status("0.8.4") is Status.FOUND
    assert status("0.8.5") is Status.UNKNOWN
    assert status("0.9.0") is Status.CLEAR
    assert status("0.8.4", "ml.g5.xlarge") is Status.CLEAR
    assert status("0.8.4", dtype="float16") is Status.CLEAR


def test_what_is_asked_for_decides():
    assert status("0.8.4", SM_VLLM_DTYPE="half") is Status.CLEAR
    assert status("0.10.0", SM_VLLM_DTYPE="bfloat16") is Status.FOUND
    assert status("0.10.0", SM_VLLM_DTYPE="auto") is Status.CLEAR
