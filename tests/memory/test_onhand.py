"""``doctor fit --measure``: what NVML and the model's own process say, beside what was estimated."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from doctor.cli import main
from doctor.memory import measuring, onhand
from doctor.trials import opening
from doctor.trials.values import Ended, Failure, Step
from tests.memory.test_fit import llama

GIB = 1 << 30
A10G = measuring.Device(0, "NVIDIA A10G", "GPU-1", 23028 << 20, 300 << 20, 22728 << 20, "580.65", (8, 6))


class Meter:
    """NVML's part of it, of which ``test_measuring`` has the real code."""

    def __init__(self, device):
        self._device = device

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def measured(self):
        return measuring.Measured(self._device, 14 * GIB, "process", 9)


class Trial:
    def __init__(self, step):
        self._step = step
        self.closed = False

    def step(self, name):
        assert name in {"measure", "memory"}
        return self._step if name == "measure" else Step("memory", Ended.EXITED)

    def close(self):
        self.closed = True


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Ask for a measurement of which the GPU and its process are played, nothing else."""
    monkeypatch.setattr(measuring, "devices", lambda: [A10G])
    monkeypatch.setattr(measuring, "Meter", Meter)

    def ask(step):
        made = []

        def opened(_deployment, *, gpu=False):
            made.append((gpu, Trial(step)))
            return made[-1][1]

        monkeypatch.setattr(opening, "opened", opened)
        model = llama(tmp_path / "model")
        place = ("--serving", sys.prefix, "--stack", "huggingface")
        return CliRunner().invoke(main, ["fit", str(model), *place, "--measure", "--format", "json"]), made

    return ask


def test_measured_and_estimated_stand_side_by_side(asked):
    result, made = asked(Step("measure", Ended.FINISHED, {"peak_reserved": 13 * GIB}))
    assert result.exit_code == 0, result.output
    seen = json.loads(result.stdout)["measured"]
    assert (seen["gpu"], seen["driver"], seen["process"], seen["reserved"]) == (
        "NVIDIA A10G", "580.65", 14 * GIB, 13 * GIB,
    )  # fmt: skip
    assert 12 * GIB < seen["estimated"] < 15 * GIB
    assert [gpu for gpu, _ in made] == [False, True]  # only what is measured sees the GPU
    assert made[1][1].closed


def test_a_model_that_does_not_run_is_one_line(asked):
    failure = Failure("predict", "RuntimeError", "CUDA error", "RuntimeError: CUDA error: no kernel image")
    result, made = asked(Step("measure", Ended.FINISHED, failure=failure))
    assert result.exit_code == 2
    assert result.stderr.strip() == (
        "doctor: --measure: the model doesn't run on this GPU: RuntimeError: CUDA error: no kernel image"
    )
    assert made[-1][1].closed


def test_the_gpu_at_hand_is_asked_of_the_trace_too(monkeypatch):
    from doctor.deployment import Plan
    from doctor.memory import asking

    monkeypatch.setattr(measuring, "devices", lambda: [A10G])
    assert asking.asked(Plan(measure=True), {"vcpu": 4})["gpus"] == [dict(onhand.gpu_of(A10G).asked())]
    assert asking.asked(Plan(), {"vcpu": 4})["gpus"] == []
