from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import CHECKPOINT, LEGACY, STATE_DICT, file_of


def test_the_fixture():
    first = examine("sick/state-dict-keys-differ").findings[0]
    finding = first.finding
    assert first.check.id == "state-dict-keys-differ"
    assert "model.pth" in finding.message
    assert "Net" in finding.message
    assert "classifier.bias" in finding.message
    assert "out.weight" in finding.message


def outcome(layers, file=STATE_DICT, loading="torch.load(path)"):
    inner = "\n".join(f"        {layer}" for layer in layers)
    script = f"""
import os
import torch
import torch.nn as nn
from collections import OrderedDict

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 2)

class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
{inner}

    def forward(self, x):
        return self.out(self.hidden(x))

def model_fn(model_dir):
    path = os.path.join(model_dir, "model.pth")
    model = Net()
    model.load_state_dict({loading})
    return model
"""
    return ask("state-dict-keys-differ", artifact={"model.pth": file_of(file), "code/inference.py": script})


SAME = ["self.hidden = nn.Linear(4, 8)", "self.out = nn.Linear(8, 2)"]


def test_the_same_layers_are_clear():
    assert outcome(SAME).status is Status.CLEAR
    assert outcome([*SAME, "self.width = width", "self.drop = nn.Dropout(0.1)"]).status is Status.CLEAR


def test_other_layers_are_found():
    assert "hidden.bias" in outcome([SAME[0].replace("8)", "8, bias=False)"), SAME[1]]).findings[0].message
    assert outcome([SAME[0]]).status is Status.FOUND
    assert outcome([*SAME, "self.norm = nn.BatchNorm1d(8)"]).status is Status.FOUND
    assert "out.fc.weight" in outcome([SAME[0], "self.out = Block()"]).findings[0].log
    assert "out.0.weight" in outcome([SAME[0], "self.out = nn.Sequential(nn.Linear(8, 2))"]).findings[0].log
    assert "hidden.weight_hh_l1" in outcome(["self.hidden = nn.LSTM(4, 8, 2)", SAME[1]]).findings[0].log


def test_what_the_source_does_not_give_exactly_is_clear():
    for line in (
        "self.more = build(width)",
        "for n in range(2): setattr(self, f'fc{n}', nn.Linear(2, 2))",
        "self.more = nn.Sequential(*[nn.Linear(2, 2)] * 2)",
        "self.more = nn.Sequential(OrderedDict(fc=nn.Linear(2, 2)))",
        "self.more = nn.Linear(2, 2, bias=width > 2)",
        "if width: self.more = nn.Linear(2, 2)",
    ):
        assert outcome([*SAME, line]).status is Status.CLEAR, line


def test_the_part_of_a_checkpoint_is_clear_and_the_whole_found():
    assert outcome(SAME, CHECKPOINT, "torch.load(path)['model_state_dict']").status is Status.CLEAR
    whole = outcome(SAME, CHECKPOINT).findings[0]
    assert whole.fix == "model.load_state_dict(checkpoint['model_state_dict'])"


def test_legacy_files_too():
    assert outcome(SAME, LEGACY).status is Status.CLEAR
    assert outcome([SAME[0]], LEGACY).status is Status.FOUND
