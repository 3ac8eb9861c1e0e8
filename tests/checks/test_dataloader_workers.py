"""Tests of the check dataloader-workers."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/dataloader-workers").findings[0]
    assert first.check.id == "dataloader-workers"
    assert "2 DataLoader workers" in first.finding.message


def test_no_workers_are_clear():
    code = "import torch\n\n\ndef predict_fn(x, m):\n    return list(torch.utils.data.DataLoader(x, num_workers=0))\n"
    assert ask("dataloader-workers", artifact={"code/inference.py": code}).status is Status.CLEAR


def test_training_code_that_is_not_called_is_clear():
    code = (
        "from torch.utils.data import DataLoader\n"
        "\n"
        "\n"
        "def train(x):\n"
        "    return DataLoader(x, num_workers=4)\n"
        "\n"
        "\n"
        "def predict_fn(x, m):\n"
        "    return m(x)\n"
    )
    assert ask("dataloader-workers", artifact={"code/inference.py": code}).status is Status.CLEAR
