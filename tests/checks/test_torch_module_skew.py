"""torch-module-skew: the fixture first, near misses clear."""

from __future__ import annotations

import pytest

from doctor.model import Stage, Status
from measurements.stored import objects
from tests.deployments import ask, examine
from tests.torchfiles import handler


def outcome(written, torch, body="return torch.load(path, weights_only=False)"):
    files = {"model.pth": objects("torch")[written], "code/inference.py": handler(body)}
    return ask("torch-module-skew", artifact=files, serving={"torch": torch})


def test_the_fixture():
    first = examine("sick/torch-module-skew").findings[0]
    assert first.check.id == "torch-module-skew"
    assert first.check.stage is Stage.FIRST_REQUEST
    assert "holds a GELU without the attribute approximate" in first.finding.message
    assert first.finding.log == "AttributeError: 'GELU' object has no attribute 'approximate'"


@pytest.mark.parametrize(
    ("torch", "status"),
    [("1.8.1", Status.CLEAR), ("1.10.0", Status.UNKNOWN), ("1.12.1", Status.FOUND), ("2.13.0", Status.FOUND)],
)
def test_what_1_8_wrote(torch, status):
    assert outcome("1.8.1/full-module-gelu.pt", torch).status is status


def test_what_1_12_wrote_is_clear():
    assert outcome("1.12.1/full-module-gelu.pt", "2.13.0").status is Status.CLEAR
    assert outcome("1.8.1/full-module-lstm.pt", "2.13.0").status is Status.CLEAR


def test_a_handler_that_sets_it_is_clear():
    body = (
        "model = torch.load(path, weights_only=False)\n"
        "for part in model.modules():\n    if isinstance(part, nn.GELU):\n        part.approximate = 'none'\n"
        "return model"
    )
    assert outcome("1.8.1/full-module-gelu.pt", "2.5.1", body).status is Status.CLEAR
