"""Saves tensors, modules, checkpoints, TorchScript and exported programs, and loads them. For torch 1.8 and later."""

import argparse
import collections
import datetime as dt
import io
import json
import os
import pathlib
import re
import sys
import zipfile
from typing import Dict, Optional

from each import _told, apart, step

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RELEASE = tuple(int(n) for n in torch.__version__.split("+")[0].split(".")[:2])
X = torch.linspace(-1, 1, 8).reshape(2, 4)
IMAGE = torch.linspace(-1, 1, 128).reshape(1, 2, 8, 8)
ROWS = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


class Absent(Exception):
    """Something that a release doesn't have."""


def have(release):
    if RELEASE < release:
        raise Absent


def typed(name):
    kind = getattr(torch, name, None)
    if kind is None:
        raise Absent
    return {"weight": torch.ones(2, 4).to(kind), "bias": torch.ones(2)}


def network():
    return nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.1), nn.Linear(4, 2)).eval()


def convolutions():
    layers = [nn.Conv2d(2, 2, 3, padding=1), nn.MaxPool2d(2), nn.Upsample(scale_factor=2), nn.ConvTranspose2d(2, 1, 2)]
    return nn.Sequential(*layers, nn.GroupNorm(1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.SiLU()).eval()


def trained():
    net = nn.Linear(4, 2)
    optimizer = torch.optim.Adam(net.parameters())
    net(X).sum().backward()
    optimizer.step()
    return net, optimizer


def checkpoint(**more):
    net, optimizer = trained()
    return dict({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, **more)


def quantized():
    return torch.quantize_per_tensor(torch.ones(2, 4), 0.1, 0, torch.qint8)


SAVED = {
    "state": lambda: nn.Linear(4, 2).state_dict(),
    "network": lambda: network().state_dict(),
    "half": lambda: nn.Linear(4, 2).half().state_dict(),
    "bfloat16": lambda: typed("bfloat16"),
    "float8": lambda: typed("float8_e4m3fn"),
    "uint16": lambda: typed("uint16"),
    "complex32": lambda: typed("complex32"),
    "sparse": lambda: {"weight": torch.eye(4).to_sparse()},
    "csr": lambda: {"weight": torch.eye(4).to_sparse_csr()},
    "quantized": lambda: {"weight": quantized()},
    "parameter": lambda: {"weight": nn.Parameter(torch.ones(2))},
    "buffers": lambda: collections.OrderedDict(a=torch.ones(2), b=torch.Size([1]), c=torch.float32),
    "training": checkpoint,
    "metric": lambda: checkpoint(best=np.float64(0.5)),
    "array": lambda: checkpoint(mean=np.arange(3.0)),
    "options": lambda: checkpoint(args=argparse.Namespace(lr=0.1)),
    "defaultdict": lambda: checkpoint(log=collections.defaultdict(list, a=[1])),
    "set": lambda: checkpoint(classes={1, 2}),
    "counter": lambda: checkpoint(seen=collections.Counter("aab")),
    "path": lambda: checkpoint(path=pathlib.PurePosixPath("a/b")),
    "date": lambda: checkpoint(date=dt.date(2024, 1, 1)),
    "device": lambda: checkpoint(device=torch.device("cpu"), size=torch.Size([1]), dtype=torch.float16),
    "generator": lambda: checkpoint(rng=torch.get_rng_state()),
    "slice": lambda: checkpoint(part=slice(0, 2)),
    "bytes": lambda: checkpoint(vocabulary=b"abc"),
}
MODULES = {
    "network": (network, X),
    "convolutions": (convolutions, IMAGE),
    "gelu": (lambda: nn.Sequential(nn.Linear(4, 2), nn.GELU()).eval(), X),
    "lstm": (lambda: nn.LSTM(4, 2).eval(), ROWS),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8).eval(), ROWS),
    "norm": (lambda: nn.Sequential(nn.LayerNorm(4), nn.Softmax(-1), nn.Hardswish(), nn.LeakyReLU()).eval(), X),
    "embedding": (lambda: nn.Embedding(5, 2).eval(), torch.tensor([1, 2])),
    "linear-int8": (lambda: torch.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 2)), {nn.Linear}), X),
    "weight-norm": (lambda: nn.utils.weight_norm(nn.Linear(4, 2)).eval(), X),
}


def since(release, function):
    def called(x):
        have(release)
        return function(x)

    return called


class Branching(nn.Module):
    """Scripted: a loop and a condition."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = x
        for n in range(int(x.size(0))):
            total = total + n if bool(total.sum() > 0) else total - n
        return total


class Worded(nn.Module):
    """Scripted: a dict, text and an optional."""

    def forward(self, x: torch.Tensor, mask: Optional[torch.Tensor] = None) -> Dict[str, torch.Tensor]:
        if mask is not None:
            x = x * mask
        return {"logits": x, "n%d" % x.size(0): x + 1}


FUNCTIONS = {  # traced
    "add": lambda x: x + x * 2,
    "divide": lambda x: x / 3,
    "floor-divide": lambda x: torch.div(x, 2, rounding_mode="floor"),
    "full": lambda x: torch.full((2, 2), 1.5) + x.sum(),
    "arange": lambda x: torch.arange(0, x.size(0)) + x.sum(),
    "linspace": lambda x: torch.linspace(0, 1, 4) + x,
    "gelu": lambda x: F.gelu(x),
    "gelu-tanh": since((1, 12), lambda x: F.gelu(x, approximate="tanh")),
    "silu": lambda x: F.silu(x),
    "mish": since((1, 9), lambda x: F.mish(x)),
    "attention": since((2, 0), lambda x: F.scaled_dot_product_attention(x, x, x)),
    "rms-norm": since((2, 4), lambda x: F.rms_norm(x, (4,))),
    "softmax": lambda x: F.softmax(x, -1),
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x),
    "concat": lambda x: torch.cat([x, x], 1)[:, ::2],
    "scatter-reduce": since(
        (1, 12), lambda x: torch.zeros(2, 4).scatter_reduce(1, torch.zeros(2, 4).long(), x, "amax")
    ),
    "nan-to-num": lambda x: torch.nan_to_num(x),
    "bucketize": lambda x: torch.bucketize(x, torch.tensor([0.0, 0.5])),
    "special": since((1, 9), lambda x: torch.special.expit(x)),
    "linalg": lambda x: torch.linalg.norm(x),
    "unflatten": since((1, 13), lambda x: torch.unflatten(x, 1, (2, 2))),
    "isin": since((1, 10), lambda x: torch.isin(x, x)),
    "take-along": since((1, 9), lambda x: torch.take_along_dim(x, torch.zeros(2, 1).long(), 1)),
    "stft": lambda x: torch.view_as_real(torch.stft(x.reshape(-1), 4, 2, window=torch.ones(4), return_complex=True)),
    "where": lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    "repeat": lambda x: x.repeat_interleave(2, 0).expand(4, 4).clone(),
    "to-bfloat16": lambda x: x.to(torch.bfloat16) * 2,
    "interpolate": lambda x: F.interpolate(x.reshape(1, 1, 2, 4), scale_factor=2.0, mode="bilinear"),
    "antialias": since(
        (1, 11), lambda x: F.interpolate(x.reshape(1, 1, 2, 4), (1, 2), mode="bilinear", antialias=True)
    ),
}
SCRIPTED = {"branching": (Branching, X), "worded": (Worded, X)}
PROGRAMS = {
    "linear": (lambda: nn.Linear(4, 2).eval(), X),
    "network": (network, X),
    "convolutions": (convolutions, IMAGE),
}
WAYS = {"load": {}, "only": {"weights_only": True}, "full": {"weights_only": False}}
OBJECTS = ["%s-%s.pt" % (way, name) for name in SAVED for way in ("load", "only")]
OBJECTS += ["full-%s.pt" % name for name in ("state", "metric", "options", "defaultdict", "path", "set")]
OBJECTS += ["old-%s.pt" % name for name in ("state", "training", "metric", "bfloat16")]
OBJECTS += ["%s-module-%s.pt" % (way, name) for name in MODULES for way in ("load", "only", "full")]
OBJECTS += ["script-module-%s.pt" % name for name in MODULES]
OBJECTS += ["script-%s.pt" % name for name in list(FUNCTIONS) + list(SCRIPTED)]
OBJECTS += ["script-opened-by-load.pt", "script-opened-by-only.pt"]
OBJECTS += ["exported-%s.pt2" % name for name in PROGRAMS]


def write(name, path):
    torch.manual_seed(0)
    try:
        written(name, path)
    except Absent:
        return {"skip": "this release has no such thing"}
    return None


def written(name, path):
    way, _, what = name.rpartition(".")[0].partition("-")
    if way == "script":
        scripted(what, path)
    elif way == "exported":
        exported(what, path)
    else:
        module = what.startswith("module-")
        value = MODULES[what[7:]][0]() if module else SAVED[what]()
        torch.save(value, path, **({"_use_new_zipfile_serialization": False} if way == "old" else {}))


def scripted(what, path):
    if what in SCRIPTED:
        made = torch.jit.script(SCRIPTED[what][0]())
    elif what.startswith("module-"):
        made = torch.jit.trace(MODULES[what[7:]][0](), MODULES[what[7:]][1], check_trace=False)
    else:
        made = torch.jit.trace(FUNCTIONS.get(what, FUNCTIONS["add"]), X, check_trace=False)
    into = io.BytesIO()
    torch.jit.save(made, into)
    without_places(into, path)


def without_places(made, path):
    """Leave out where each operator was written: the paths of this machine."""
    with zipfile.ZipFile(made) as whole, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as kept:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                kept.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), whole.read(entry))


def exported(what, path):
    have((2, 1))
    module, example = PROGRAMS[what]
    program = torch.export.export(module(), (example,))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)


def read(name, path):
    way, _, what = name.rpartition(".")[0].partition("-")
    if way == "exported":
        program = step("load", torch.export.load, path)
        step("predict", program.module() if hasattr(program, "module") else program, PROGRAMS[what][1])
    elif way == "script":
        load = torch.jit.load if "opened-by" not in what else torch.load
        given = {"weights_only": True} if what.endswith("only") else {}
        model = step("load", lambda: shortened(lambda: load(path, **given)))
        step("predict", model, MODULES[what[7:]][1] if what.startswith("module-") else X)
    else:
        value = step("load", lambda: shortened(lambda: torch.load(path, **WAYS.get(way, {}))))
        if what.startswith("module-"):
            step("predict", value, *((ROWS,) if "attention" in what else (MODULES[what[7:]][1],)))


def shortened(load):
    """Load a file; of a refusal that explains itself at length keep its beginning and its reason."""
    try:
        return load()
    except Exception as error:
        text = re.sub(r"(Weights only load failed\.).*?WeightsUnpickler error:", r"\1 ... WeightsUnpickler error:",
                      str(error), flags=re.DOTALL)  # fmt: skip
        if text == str(error):
            raise
        raise type(error)(text) from None


def all_of(mode, folder):
    """Do a folder's objects in one process; where that dies, each in its own."""
    os.makedirs(folder, exist_ok=True)
    function, names = (write, OBJECTS) if mode == "write" else (read, sorted(os.listdir(folder)))

    def one(name):
        return function(name, os.path.join(folder, name))

    said = apart(lambda: {"all": {n: _told(lambda n=n: one(n)) for n in names}}, seconds=900)
    return said["all"] if "all" in said else {n: apart(lambda n=n: one(n)) for n in names}


def main():
    """Write a folder, or read several in one process: importing takes longer than reading."""
    torch.set_num_threads(1)
    mode, folders = sys.argv[1], sys.argv[2:]
    results = {f: all_of(mode, f) for f in folders}
    print(json.dumps(results if len(folders) > 1 else results[folders[0]]))


if __name__ == "__main__":
    main()
