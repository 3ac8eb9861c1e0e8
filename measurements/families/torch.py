"""
torch: what torch.save, torch.jit.save and torch.export.save write, opened by every loader.

PyPI's releases for Linux bring CUDA: gigabytes each from 2.0 on, which is what pip installs for a user and what the
pins say. Nothing here uses a GPU: CPU builds measure the same (PIP_FIND_LINKS=FOLDER, then the local version is part of
the name), and so does a release without its CUDA libraries (pip install --no-deps torch==..., and empty libraries by
the names that its own ones ask for): the committed data were measured so but for 2.13.0. An environment that is already
there, with a file `ready`, is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measurements.family import Env, Family, Served

_HANDLER = """\
import os

import torch


def model_fn(model_dir):
    path = os.path.join(model_dir, "{path}")
    return {load}


def predict_fn(input_data, model):
    return {use}
"""
_LOADS = {
    "load": "torch.load(path)",
    "old": "torch.load(path)",
    "only": "torch.load(path, weights_only=True)",
    "full": "torch.load(path, weights_only=False)",
    "script": "torch.jit.load(path)",
    "exported": "torch.export.load(path)",
    "script-opened-by-load.pt": "torch.load(path)",
    "script-opened-by-only.pt": "torch.load(path, weights_only=True)",
}


def _served(name: str) -> Served:
    way, path = name.partition("-")[0], "model." + name.rpartition(".")[2]
    if way == "exported":
        use = "model.module()(input_data)"
    else:
        use = "model(input_data)" if way == "script" or "module-" in name else "[sorted(model), input_data]"
    text = _HANDLER.format(path=path, load=_LOADS.get(name) or _LOADS[way], use=use)
    return Served("pytorch", path, {"code/inference.py": text})


def _derived(measured: dict[str, Any]) -> Mapping[str, Any]:
    from measurements import torch_limits, torch_pickles
    from measurements.__main__ import HOME

    return {**torch_limits.derive(measured, HOME / "envs"), **torch_pickles.derive(measured)}


_RELEASES = (
    ("1.8.1", "3.8", "1.22.4"), ("1.12.1", "3.8", "1.22.4"), ("1.13.1", "3.8", "1.22.4"), ("2.1.2", "3.11", "1.26.4"),
    ("2.3.1", "3.11", "1.26.4"), ("2.5.1", "3.11", "1.26.4"), ("2.6.0", "3.11", "1.26.4"), ("2.8.0", "3.11", "1.26.4"),
    ("2.13.0", "3.11", "2.3.5"),
)  # fmt: skip

FAMILY = Family(
    name="torch",
    leading="torch",
    environments=tuple(Env(v, python, (f"torch=={v}", f"numpy=={numpy}")) for v, python, numpy in _RELEASES),
    served=_served,
    derive=_derived,
    together=True,
)
