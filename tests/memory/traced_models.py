"""Small models for the tracer, run by an interpreter that has torch: their rows go to standard output as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]
from torch import nn

A100 = {"name": "A100", "capability": [8, 0], "sms": 108}
T4 = {"name": "T4", "capability": [7, 5], "sms": 40}
H100 = {"name": "H100", "capability": [9, 0], "sms": 132}


class Attention(nn.Module):
    def __init__(self, width: int = 512, heads: int = 8, *, masked: bool = False) -> None:
        super().__init__()
        self.heads, self.masked = heads, masked
        self.norm = nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril() if self.masked else None
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return x + self.out(y.transpose(1, 2).reshape(batch, length, width))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LSTM(32, 256, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(512, 10)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x)[0][:, -1])


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(30000, 128), nn.Linear(128, 30000, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids: Any) -> Any:
        found = self.head(self.words(ids).mean(1))
        if (ids == 0).all():  # what programs look at is worked out
            raise ValueError("nothing but padding")
        return found.softmax(-1)


def convolution() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3), nn.GroupNorm(8, 64), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 5),
    ).to(memory_format=torch.channels_last)  # fmt: skip


# name: module, dtype, shape of the input, whether gradients are left on, GPU
MODELS: dict[str, tuple[Any, Any, tuple[int, ...], bool, dict[str, Any]]] = {
    "flash": (Attention, torch.float16, (4, 300, 512), False, A100),
    "efficient": (Attention, torch.float16, (4, 300, 512), False, T4),
    "mathematical": (Attention, torch.bfloat16, (4, 300, 512), False, T4),
    "masked": (lambda: Attention(masked=True), torch.float32, (4, 300, 512), False, A100),
    "cudnn": (Attention, torch.bfloat16, (4, 300, 512), False, H100),
    "gradients": (Attention, torch.float16, (4, 300, 512), True, A100),
    "recurrent": (Recurrent, torch.float32, (8, 100, 32), False, A100),
    "convolution": (convolution, torch.float32, (8, 3, 128, 128), False, A100),
    "tied": (Tied, torch.float32, (4, 2000), False, A100),
}


def built(name: str, device: str) -> Any:
    module, dtype, shape, _, _ = MODELS[name]
    made = module().eval().to(dtype).to(device)
    x = torch.randint(1, 30000, shape, device=device) if name == "tied" else torch.randn(shape, device=device).to(dtype)
    return made, [x], {}


def main(names: list[str]) -> None:
    from doctor.trials.probe.memory import trace

    rows = {}
    for name in names or MODELS:
        _, _, _, gradients, gpu = MODELS[name]
        row = trace.estimate(lambda device, n=name: built(n, device), None, gpu, gradients=gradients)
        del row["seconds"]
        rows[name] = row
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
