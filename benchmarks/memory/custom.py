"""Models of the recipes that no library has: recurrent, encoder-decoder, recommending, tabular."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn


class MultiInputLSTM(nn.Module):
    """Two sequences in, a class and a number out: (B, T1, F1), (B, T2, F2) to (B, C), (B, 1)."""

    def __init__(
        self,
        f1: int = 32,
        f2: int = 16,
        hidden: int = 256,
        layers: int = 2,
        classes: int = 10,
        *,
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.a = nn.LSTM(f1, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.b = nn.LSTM(f2, hidden, layers, batch_first=True, bidirectional=bidirectional)
        width = 2 * hidden if bidirectional else hidden
        self.classify = nn.Linear(2 * width, classes)
        self.regress = nn.Linear(2 * width, 1)

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        a, _ = self.a(first)
        b, _ = self.b(second)
        joined = torch.cat([a[:, -1], b[:, -1]], dim=1)
        return self.classify(joined), self.regress(joined)


class GRUStack(nn.Module):
    """Layers of gated recurrent units, and a projection of every step."""

    def __init__(self, features: int = 64, hidden: int = 1024, layers: int = 4, out: int = 128) -> None:
        super().__init__()
        self.gru = nn.GRU(features, hidden, layers, batch_first=True)
        self.out = nn.Linear(hidden, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, _ = self.gru(x)
        return self.out(y)


def _twice(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (before, after):
        layers += [nn.Conv2d(channels, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """An encoder and a decoder of convolutions, with skips between them."""

    def __init__(self, channels: tuple[int, ...] = (64, 128, 256, 512), classes: int = 4) -> None:
        super().__init__()
        self.down = nn.ModuleList(_twice(i, o) for i, o in zip((3, *channels), channels, strict=False))
        narrowing = list(reversed(channels))
        pairs = list(pairwise(narrowing))
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, stride=2) for i, o in pairs)
        self.merge = nn.ModuleList(_twice(2 * o, o) for _, o in pairs)
        self.head = nn.Conv2d(narrowing[-1], classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for i, down in enumerate(self.down):
            x = down(x)
            if i + 1 < len(self.down):
                skips.append(x)
                x = nn.functional.max_pool2d(x, 2)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([up(x), skips.pop()], dim=1))
        return self.head(x)


class Recommender(nn.Module):
    """Embedding tables, a bottom and a top network, products of all pairs."""

    def __init__(self, tables: int = 26, rows: int = 100_000, width: int = 64, dense: int = 13) -> None:
        super().__init__()
        self.tables = nn.ModuleList([nn.EmbeddingBag(rows, width, mode="sum") for _ in range(tables)])
        self.bottom = nn.Sequential(nn.Linear(dense, 512), nn.ReLU(), nn.Linear(512, width), nn.ReLU())
        n = tables + 1
        self.top = nn.Sequential(nn.Linear(width + n * (n - 1) // 2, 1024), nn.ReLU(), nn.Linear(1024, 1))

    def forward(self, dense: torch.Tensor, sparse: torch.Tensor) -> torch.Tensor:
        x = self.bottom(dense)
        e = [t(sparse[:, i]) for i, t in enumerate(self.tables)]
        z = torch.stack([x, *e], dim=1)
        dots = torch.bmm(z, z.transpose(1, 2))
        i, j = torch.tril_indices(z.shape[1], z.shape[1], -1, device=z.device)
        return self.top(torch.cat([x, dots[:, i, j]], dim=1))


class TabularMLP(nn.Module):
    """Wide layers with normalisation."""

    def __init__(self, features: int = 200, width: int = 4096, depth: int = 6, out: int = 10) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(features, width), nn.GELU()]
        for _ in range(depth):
            layers += [nn.Linear(width, width), nn.LayerNorm(width), nn.GELU()]
        self.net = nn.Sequential(*layers, nn.Linear(width, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


KNOWN = {each.__name__: each for each in (MultiInputLSTM, GRUStack, UNet, Recommender, TabularMLP)}
