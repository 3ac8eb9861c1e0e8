"""Tests of the check load-crashes."""

from __future__ import annotations

import pytest

from doctor.model import Likelihood, Status
from doctor.trials.values import Ended, Step
from tests.deployments import ask, examine

LOG = """Fatal Python error: Segmentation fault

Current thread 0x00007f0000000000 (most recent call first):
  File "/opt/ml/model/code/inference.py", line 11 in model_fn
"""


def asked(step, **parts):
    return ask("load-crashes", artifact={"code/inference.py": "x"}, load=step, **parts)


def test_is_first_on_its_fixture():
    first = examine("sick/load-crashes").findings[0]
    assert first.check.id == "load-crashes"
    assert "signal 11 (SIGSEGV)" in first.finding.message
    assert first.finding.log.startswith("Fatal Python error: Segmentation fault")


def test_a_crash_is_shown_with_its_place():
    finding = asked(Step("load", Ended.SIGNALLED, phase="load", log=LOG, signal=11)).findings[0]
    assert finding.log == "Fatal Python error: Segmentation fault"
    assert finding.likelihood is Likelihood.CERTAIN
    assert "while the model is loaded" in finding.message


def test_an_exit_is_shown_with_its_status():
    finding = asked(Step("load", Ended.EXITED, phase="import", status=3, log="bye\n")).findings[0]
    assert finding.message == "the process exits with status 3 while the handler is imported"


@pytest.mark.parametrize("signal", [9, 4, 31])
def test_a_signal_that_the_sandbox_may_send_proves_nothing(signal):
    assert asked(Step("load", Ended.SIGNALLED, phase="load", signal=signal)).status is Status.UNKNOWN


def test_memory_is_held_against_the_instance():
    step = Step("load", Ended.OUT_OF_MEMORY, phase="load", peak=4 << 30)
    small = asked(step, instance="ml.t2.medium")
    assert small.findings[0].likelihood is Likelihood.LIKELY
    assert "4096 MiB; ml.t2.medium has 4096 MiB" in small.findings[0].message
    assert asked(step, instance="ml.m5.4xlarge").status is Status.UNKNOWN
    assert asked(step).status is Status.UNKNOWN


def test_time_is_held_against_the_platforms():
    assert "--trial-timeout 480" in asked(Step("load", Ended.OUT_OF_TIME, phase="load", seconds=300)).reasons[0]
    late = asked(Step("load", Ended.OUT_OF_TIME, phase="load", seconds=481))
    assert "isn't ready after 481 s" in late.findings[0].message


def test_a_wait_for_the_network_proves_nothing():
    step = Step("load", Ended.OUT_OF_TIME, phase="load", seconds=500, tried=("tried to connect to 10.0.0.1:443",))
    assert asked(step).status is Status.UNKNOWN


def test_a_flood_proves_nothing():
    assert asked(Step("load", Ended.FLOODED, phase="load")).status is Status.UNKNOWN


def test_what_loads_is_clear():
    assert asked(Step("load", Ended.FINISHED)).status is Status.CLEAR
