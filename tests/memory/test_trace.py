"""What the tracer says of small models, held against the real allocator and the operators' real host code."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.trials.environments import TORCH, interpreter

ROOT = Path(__file__).parent.parent.parent

# PyTorch 2.13.0+cu130 on the phantom runtime of benchmarks/memory, 2026-11-21: memory_allocated and memory_reserved of
# the loaded model, and their peaks over two calls.
TRUE = {
    "flash": (3332096, 23068672, 19224576, 23068672),
    "efficient": (3332096, 23068672, 19224576, 23068672),
    "mathematical": (3332096, 23068672, 52347392, 69206016),
    "masked": (6664192, 23068672, 30642176, 44040192),
    "cudnn": (3332096, 23068672, 44259328, 56623104),
    "gradients": (3332096, 23068672, 21551616, 23068672),
    "recurrent": (8806912, 23068672, 19198464, 44040192),
    "convolution": (1656832, 23068672, 43730944, 56623104),
    "tied": (15424000, 18874368, 36430848, 60817408),
}


@cache
def rows() -> dict[str, Any]:
    program = ROOT / "tests" / "memory" / "traced_models.py"
    command = [interpreter(TORCH), "-W", "ignore", program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", sorted(TRUE))
def test_every_byte(name: str):
    row = rows()[name]
    keys = ("loaded_allocated", "loaded_reserved", "peak_allocated", "peak_reserved")
    assert tuple(row[key] for key in keys) == TRUE[name]


def test_weights_that_are_tied_count_once():
    assert rows()["tied"]["parameters"] == 30000 * 128 * 4


def test_values_that_programs_look_at_are_worked_out():
    assert rows()["tied"]["guessed"] == 0


@pytest.mark.parametrize(
    ("name", "operator"),
    [("convolution", "aten.convolution"), ("recurrent", "aten._cudnn_rnn"),
     ("cudnn", "aten._scaled_dot_product_cudnn_attention")],
)  # fmt: skip
def test_operators_whose_workspace_isn_t_known_are_named(name: str, operator: str):
    row = rows()[name]
    assert row["inexact"] == [operator]
    assert row["coverage"] == 1  # their results are as stated


def test_the_peak_is_told_by_module():
    assert dict(rows()["mathematical"]["top"])["weights"] == rows()["mathematical"]["loaded_allocated"]
    assert sum(size for _, size in rows()["flash"]["top"]) == rows()["flash"]["peak_allocated"]


def test_the_workspace_of_products_is_the_architecture_s():
    assert {name: rows()[name]["workspace"] for name in ("flash", "cudnn")} == {"flash": 8519680, "cudnn": 32 << 20}
