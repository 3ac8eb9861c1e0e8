"""PyTorch files for tests: those of the fixtures, made by PyTorch itself."""

from __future__ import annotations

from tests.deployments import FIXTURES

NET = """
import os
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))
"""


def file_of(fixture: str, name: str = "model.pth") -> bytes:
    """A file of a fixture's model/ folder: ``file_of("healthy/torch-state-dict")``."""
    return (FIXTURES / fixture / "model" / name).read_bytes()


def handler(body: str) -> str:
    """A script whose model_fn has a body: ``handler("return torch.load(path)")``; ``path`` is of model.pth."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'{NET}\n\ndef model_fn(model_dir):\n    path = os.path.join(model_dir, "model.pth")\n{lines}\n'


STATE_DICT = "healthy/torch-state-dict"
GPU_STATE_DICT = "sick/checkpoint-needs-map-location"
WHOLE = "sick/whole-module-by-reference"
PREFIXED = "sick/state-dict-key-prefix"
QUANTIZED = "sick/quantized-state-dict-into-float"
CHECKPOINT = "sick/optimizer-state-packed"
LEGACY = "healthy/torch-legacy-format"
SCRIPT = "healthy/torchscript-cpu"
