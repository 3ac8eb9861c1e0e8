"""What a probe says is read with care: its form is checked, and what isn't its own is told."""

from __future__ import annotations

import json

from doctor.trials.reading import failure_of, step_of
from doctor.trials.values import Ended, Process

NONCE = "0123abcd"


def line(kind, **values):
    return f"{NONCE} {json.dumps({'kind': kind, **values})}\n".encode()


def process(*parts, ended=Ended.FINISHED, **more):
    values = {"status": 0, "signal": 0, "log": "", "seconds": 0.5, **more}
    return Process(ended, said=b"".join(parts), **values)


def read(*parts, **more):
    return step_of("load", process(*parts, **more), NONCE)


def test_a_result_with_its_phases_warnings_and_usage():
    step = read(
        line("phase", name="import"),
        line("phase", name="load"),
        line("warning", category="UserWarning", message="old", where="code/inference.py:3"),
        line("result", value={"type": "Pipeline"}),
        line("usage", peak=1000),
        peak=10,
    )
    assert step.worked
    assert step.value == {"type": "Pipeline"}
    assert step.phase == "load"
    assert step.warnings[0].where == "code/inference.py:3"
    assert step.peak == 1000
    assert step.tried == ()


def test_a_failure_ends_it_as_told():
    step = read(line("failure", phase="import", type="KeyError", message="'x'", line="KeyError: 'x'", where="a.py:1"))
    assert not step.worked
    assert step.ended is Ended.FINISHED
    assert step.failure.line == "KeyError: 'x'"


def test_no_result_is_an_exit_although_the_status_is_0():
    assert read(line("phase", name="load")).ended is Ended.EXITED


def test_a_signal_stays_a_signal_where_nothing_was_told():
    assert read(line("phase", name="load"), ended=Ended.SIGNALLED, signal=11).ended is Ended.SIGNALLED


def test_a_result_that_the_model_forges_is_none():
    step = read(line("result", value={"type": "forged"}), line("result", value={"type": "Pipeline"}))
    assert step.value == {}
    assert not step.worked
    assert "wrote results of its own" in step.tried[0]


def test_a_forged_result_without_the_nonce_is_told_and_ignored():
    step = read(b'{"kind": "result", "value": {"type": "forged"}}\n', line("result", value={"type": "Pipeline"}))
    assert step.value == {"type": "Pipeline"}
    assert "47 bytes" in step.tried[0]


def test_damaged_messages_are_passed_over():
    deep = NONCE.encode() + b" " + b"[" * 100000 + b"\n"
    step = read(NONCE.encode() + b" {not json\n", deep, line(7), line("result", value=[1]), line("result", value={}))
    assert step.worked


def test_values_of_another_kind_become_empty():
    failure = failure_of({"phase": 3, "type": None, "line": ["x"], "traceback": "no list", "causes": [1, "two"]})
    assert failure.phase == failure.type == failure.line == ""
    assert failure.traceback == ()
    assert failure.causes == ("", "two")
    assert failure_of(None).line == ""


def test_messages_are_bounded():
    step = read(*(line("warning", category="W", message=str(n)) for n in range(6000)), line("usage", peak=1 << 70))
    assert len(step.warnings) == 200
    assert step.peak == 0


def test_what_was_found_before_a_process_died_is_kept():
    step = read(line("phase", name="malformed: empty"), line("partial", value={"cases": []}), ended=Ended.SIGNALLED)
    assert step.value == {"cases": []}
    assert step.ended is Ended.SIGNALLED
    assert not step.worked
