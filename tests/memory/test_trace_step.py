"""The probe's step "memory": from the handler's model to rows by GPU and batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.trials.environments import TORCH, interpreter
from tests.trials.probing import probed

A100, SMALL = ({"name": "A100", "capability": [8, 0], "sms": 108, "memory": memory} for memory in (40 << 30, 24 << 20))
T4 = {"name": "T4", "capability": [7, 5], "sms": 40, "memory": 15 << 30}
HANDLER = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 4096), nn.Linear(4096, 3)

    def forward(self, x):
        return self.second(self.first(x).relu())

def model_fn(model_dir):
    return {model}
"""


def asked(folder: Path, model: str = "Net()", **memory: Any) -> dict[str, Any]:
    files = {"code/inference.py": HANDLER.replace("{model}", model)}
    variables = {"SAGEMAKER_PROGRAM": "inference.py"}
    return probed(
        folder, interpreter(TORCH), "memory", files, stack="pytorch", memory=memory, seconds=120, env=variables
    )


def test_what_the_handler_loads_is_followed(tmp_path: Path):
    said = asked(tmp_path, gpus=[A100, T4, SMALL], batches=[2048, 1])
    value = said["value"]
    assert said["phases"][-3:] == ["load", "inputs", "trace"]
    assert (value["way"], value["not_followed"]) == ("model_fn of code/inference.py", "")
    assert value["parameters"] == 4 * (64 * 4096 + 4096 + 4096 * 3 + 3)
    runs = {(run["gpu"]["name"], run["gpu"]["memory"], run["batch"]): run for run in value["runs"]}
    assert len(runs) == 6
    large = runs["A100", 40 << 30, 2048]
    assert large["inputs"]["0"]["shape"] == [2048, 64]
    assert large["peak_allocated"] > 2 * 4 * 2048 * 4096  # the first layer's answer, and what relu makes of it
    assert large["refused"] == 0
    assert runs["A100", 24 << 20, 2048]["refused"] > 0
    assert runs["A100", 24 << 20, 1]["refused"] == 0


@pytest.mark.parametrize(
    ("model", "reason"),
    [("{'answer': 42}", "there is no torch module in what was loaded"),
     ("__import__('torch').jit.script(Net())", "can't be followed: only modules of Python are")],
)  # fmt: skip
def test_what_can_t_be_followed_is_said(tmp_path: Path, model: str, reason: str):
    value = asked(tmp_path, model, gpus=[A100], batches=[1])["value"]
    assert reason in value["not_followed"]
    assert value["runs"] == []


def test_no_code_runs_where_only_a_configuration_may_be_read(tmp_path: Path):
    said = asked(tmp_path, "exit(1)", gpus=[A100], batches=[1], only="config")
    assert "there is no config.json" in said["value"]["not_followed"]
