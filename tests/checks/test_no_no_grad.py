"""Tests of the check no-no-grad."""

from __future__ import annotations

import pytest

from doctor.model import Status
from tests.deployments import ask, examine


def test_is_first_on_its_fixture():
    first = examine("sick/no-no-grad").findings[0]
    assert first.check.id == "no-no-grad"
    assert "with gradients on" in first.finding.message


def test_a_decorator_is_clear():
    code = (
        "import torch\n"
        "\n"
        "\n"
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.d = torch.nn.Dropout()\n"
        "        self.l = torch.nn.Linear(1, 1)\n"
        "\n"
        "    def forward(self, x):\n"
        "        return self.l(self.d(x))\n"
        "\n"
        "\n"
        "def model_fn(d):\n"
        "    m = Net()\n"
        "    m.load_state_dict(torch.load(d + '/m'))\n"
        "    return m\n"
        "\n"
        "\n"
        "@torch.no_grad()\n"
        "def predict_fn(x, m):\n"
        "    return m(x)\n"
    )
    assert ask("no-no-grad", artifact={"code/inference.py": code}).status is Status.CLEAR


PRETRAINED = """import torch
from transformers import AutoModelForSequenceClassification, pipeline


def model_fn(model_dir):
    return {load}


def predict_fn(data, model):
{body}
"""
LOAD = 'AutoModelForSequenceClassification.from_pretrained(model_dir).to("cuda").eval()'


@pytest.mark.parametrize(
    ("load", "body", "status"),
    [
        (LOAD, "    return model(**data).logits", Status.FOUND),
        (LOAD, "    with torch.inference_mode():\n        return model(**data).logits", Status.CLEAR),
        (LOAD, "    torch.set_grad_enabled(False)\n    return model(**data).logits", Status.CLEAR),
        (f"{LOAD}.requires_grad_(False)", "    return model(**data).logits", Status.CLEAR),
        (LOAD, "    return model.generate(**data)", Status.CLEAR),
        ('pipeline("text-classification", model=model_dir, device=0)', "    return model(data)", Status.CLEAR),
    ],
)
def test_models_of_transformers(load, body, status):
    code = PRETRAINED.format(load=load, body=body)
    assert ask("no-no-grad", artifact={"code/inference.py": code}, stack="huggingface").status is status
