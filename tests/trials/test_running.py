"""Steps run once, in the order asked; a failure is believed only where the root can be written to."""

from __future__ import annotations

import json

import pytest

from doctor.model import Unknown
from doctor.trials.running import Trial
from doctor.trials.values import Ended, Limits, Place, Process, Step


class Pretended:
    """A sandbox in which a function answers."""

    place = Place("a test", ())
    model_dir = "/opt/ml/model"
    probe_dir = "/opt/endpoint-doctor"

    def __init__(self, answer, *, can_be_writable=True):
        self.answer, self.can_be_writable, self.asked = answer, can_be_writable, []

    def run(self, arguments, *, writable=False):
        step, nonce = arguments[2], arguments[4]
        self.asked.append((step, writable))
        told = self.answer(step, writable)
        if isinstance(told, Process):
            return told
        said = f"{nonce} {json.dumps(told)}\n".encode()
        return Process(Ended.FINISHED, 0, 0, said, "", 0.1)

    def close(self):
        self.asked.append("closed")


def result(**value):
    return {"kind": "result", "value": value}


def failure(kind, text):
    return {"kind": "failure", "phase": "load", "type": kind, "message": text, "line": f"{kind}: {text}"}


def trial(answer, level="serve", **more):
    sandbox = Pretended(answer, can_be_writable=more.pop("can_be_writable", True))
    return Trial(sandbox, level, Limits(), **more), sandbox


def test_a_step_is_run_once():
    made, sandbox = trial(lambda *_: result(type="x"))
    assert made.step("load") is made.step("load")
    assert sandbox.asked == [("load", False)]


def test_what_was_not_asked_for_is_not_run():
    made, sandbox = trial(lambda *_: result(), "load")
    with pytest.raises(Unknown, match="--trial load stops before it"):
        made.step("invoke")
    assert sandbox.asked == []


def test_a_failure_is_tried_again_with_a_root_that_can_be_written_to():
    made, sandbox = trial(lambda _, w: result(type="x") if w else failure("OSError", "Read-only file system: '/x'"))
    step = made.step("load")
    assert step.worked
    assert step.writable
    assert sandbox.asked == [("load", False), ("load", True)]


def test_it_is_not_tried_again_where_that_changes_nothing():
    made, sandbox = trial(lambda *_: failure("KeyError", "'x'"), can_be_writable=False)
    assert not made.step("load").worked
    assert sandbox.asked == [("load", False)]


def test_a_failing_case_is_tried_again_too():
    def answer(step, writable):
        case = (
            {"outcome": "answered"}
            if writable
            else {"outcome": "failed", "proof": True, "failure": {"line": "OSError"}}
        )
        return result(cases=[case]) if step == "invoke" else result()

    made, sandbox = trial(answer)
    assert made.step("invoke").value["cases"] == [{"outcome": "answered"}]
    assert sandbox.asked == [("load", False), ("invoke", False), ("invoke", True)]


def test_a_case_that_proves_nothing_is_not_tried_again():
    case = {"outcome": "failed", "proof": False, "failure": {"line": "ValueError: one row too few"}}
    made, sandbox = trial(lambda step, _: result(cases=[case]) if step == "invoke" else result())
    made.step("invoke")
    assert sandbox.asked == [("load", False), ("invoke", False)]


@pytest.mark.parametrize(
    ("where", "outcome", "believed"), [("", "answered", False), ("", "failed", True), ("a.py:1", "", True)]
)
def test_the_server_has_the_last_word_on_what_fails_outside_the_artifact(where, outcome, believed):
    case = {"outcome": "failed", "proof": True, "failure": {"line": "NotImplementedError", "where": where}}
    served = Step("invoke", Ended.FINISHED, {"cases": [{"outcome": outcome}]})
    made, _ = trial(lambda step, _: result(cases=[case]) if step == "invoke" else result(), serve=lambda _: served)
    assert (made.step("invoke") is not served) == believed


def test_a_hang_is_not_waited_for_twice():
    hung = Process(Ended.OUT_OF_TIME, 0, 9, b"", "", 300)
    made, sandbox = trial(lambda *_: hung)
    assert made.step("load").ended is Ended.OUT_OF_TIME
    assert sandbox.asked == [("load", False)]


def test_nothing_is_asked_of_a_model_that_does_not_load():
    made, _ = trial(lambda *_: failure("KeyError", "'x'"))
    with pytest.raises(Unknown, match="doesn't load"):
        made.step("shapes")


def test_a_missing_gpu_proves_nothing_unless_the_endpoint_has_none():
    text = "Found no NVIDIA driver on your system."
    made, _ = trial(lambda *_: failure("RuntimeError", text))
    with pytest.raises(Unknown, match="needs a GPU"):
        made.step("load")
    made, _ = trial(lambda *_: failure("RuntimeError", text), without_gpu=True)
    assert made.step("load").failure.message == text


def test_what_the_probe_cannot_play_is_asked_of_the_server():
    served = Step("invoke", Ended.FINISHED, {"cases": []})
    made, _ = trial(lambda *_: failure("endpoint_doctor_probe.failures.NotTried", "a program"), serve=lambda _: served)
    with pytest.raises(Unknown, match="not tried: a program"):
        made.step("load")
    assert made.step("invoke") is served


def test_a_server_needs_an_image():
    made, _ = trial(lambda *_: result())
    with pytest.raises(Unknown, match="of an image only"):
        made.step("serve")


def test_a_sandbox_that_cannot_run_it_is_no_verdict():
    made, _ = trial(lambda *_: Process(Ended.REFUSED, 0, 0, b"", "no Python in the image", 0))
    with pytest.raises(Unknown, match="no Python in the image"):
        made.step("load")
