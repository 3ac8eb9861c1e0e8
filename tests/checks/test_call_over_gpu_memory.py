from __future__ import annotations

import pytest

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.memory.estimating import Memory, Subject
from doctor.memory.gpus import gpu_of
from doctor.memory.traced import read
from doctor.memory.values import Workload
from doctor.model import Status
from doctor.trials.values import Ended, Step
from tests.deployments import checks, examine, plan_of

CHECK = "call-over-gpu-memory"
MIB, GIB = 1 << 20, 1 << 30
T4 = gpu_of("T4", 16384)
LOADED = Step("load", Ended.FINISHED, value={"how": "model_fn"})


def row(batch, reserved, **other):
    return {
        "gpu": dict(T4.asked()), "batch": batch, "tokens": 0, "parameters": GIB, "buffers": 0,
        "loaded_allocated": GIB, "loaded_reserved": GIB, "peak_allocated": reserved, "peak_reserved": reserved,
        "workspace": 8 * MIB, "coverage": 1.0, "inexact": [], "top": [["last", 3 * GIB]], "gradients": False, **other,
    }  # fmt: skip


@pytest.fixture
def told(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)._replace(trial="", instance_type="ml.g4dn.xlarge")
    check = next(c for c in checks() if c.id == CHECK)

    def outcome(*rows, load=LOADED, batch=32, **changes):
        parts = Deployment(plan._replace(**changes))
        handler, models = parts.part("handler"), parts.part("models")
        subject = Subject(models, handler, "pytorch", {}, None, Workload(batch))
        traced = read({"way": "model_fn", "torch": "2.13.0", "runs": list(rows)}) if rows else None
        given = {"memory": Memory(subject, lambda: (traced, "" if rows else "not tried")), "load": load}
        return ask_check(check, Deployment(plan._replace(**changes), given))

    return outcome


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("a call with 1,048,576 rows needs 32.2 GiB at least")
    assert "14.8 GiB of the T4 of ml.g4dn.xlarge" in first.finding.message


def test_what_is_too_much_at_the_least(told):
    (found,) = told(row(16, 9 * GIB), row(32, 17 * GIB)).findings
    assert found.message.startswith("a call with 32 rows needs 17.1 GiB at least, and CUDA sees 14.8 GiB")
    assert found.fix == "answer at most 26 rows at a time"
    assert [e.saw for e in found.evidence[1:2]] == ["last: 3.00 GiB at the peak"]


def test_gradients_are_what_to_turn_off(told):
    (found,) = told(row(32, 17 * GIB, gradients=True)).findings
    assert found.fix == "with torch.inference_mode():"
    assert "activations, kept for gradients" in found.evidence[0].saw


def test_another_instance_where_fewer_rows_are_not_known(told):
    (found,) = told(row(32, 17 * GIB)).findings
    assert found.fix.startswith("--instance-type ml.g6.xlarge: its L4 has 22.0 GiB")


def test_what_fits_or_may_fit_is_clear(told):
    assert told(row(32, 14 * GIB)).status is Status.CLEAR
    assert told(row(32, 17 * GIB), instance_type="ml.g5.xlarge").status is Status.UNKNOWN  # not followed there
    assert told(row(32, 17 * GIB), instance_type="ml.m5.xlarge").status is Status.CLEAR


def test_two_workers_need_twice_as_much(told):
    two = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}
    assert told(row(32, 8 * GIB)).status is Status.CLEAR
    (found,) = told(row(32, 8 * GIB), variables=two).findings
    assert "2 workers need 16.2 GiB at least" in found.message


def test_what_was_not_followed_is_unknown(told):
    assert told().status is Status.UNKNOWN
    assert told(row(16, 17 * GIB)).status is Status.UNKNOWN  # another batch
    assert told(row(32, 17 * GIB, coverage=0.5)).status is Status.UNKNOWN
    assert told(row(32, 17 * GIB), load=Step("load", Ended.EXITED)).status is Status.CLEAR
