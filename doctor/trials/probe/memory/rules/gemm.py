"""
Matrix products: the workspace of cuBLAS, and copies of operands that it can't read.

The workspace is asked for once a process and stream, at the first product, after the product's own result: 8.125 MiB up
to capability 8.9, 32 MiB from 9.0 on (``aten/src/ATen/cuda/CublasHandlePool.cpp``, and the documentation of
CUBLAS_WORKSPACE_CONFIG). cublasLt shares it since torch 2.7; before, each of its calls had one of its own.
"""

from __future__ import annotations

import os
import re
from typing import Any

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe.memory.rules.base import Operation, size_of

_KIB = 1 << 10


def workspace(capability: tuple[int, int], setting: str = "") -> int:
    """Return its bytes: the default's, or as CUBLAS_WORKSPACE_CONFIG says (":4096:2:16:8": 2 x 4096 and 8 x 16 KiB)."""
    pairs = re.findall(r":(\d+):(\d+)", setting)
    if pairs:
        return sum(int(size) * int(count) for size, count in pairs) * _KIB
    return 32 << 20 if capability >= (9, 0) else (4096 * 2 + 16 * 8) * _KIB


def _product(call: Operation) -> Any:
    result = call.run()
    if result.device.type != "cuda" or not result.numel():
        return result
    operands = [t for t in call.args if isinstance(t, torch.Tensor)][-2:]
    copied = [call.malloc(size_of(t)) for t in operands if t.dim() in (2, 3) and not _readable(t)]
    ask(call)
    call.free(*copied)
    return result


def ask(call: Operation) -> None:
    """Ask for the workspace, unless it is there."""
    call.once("cuBLAS workspace", workspace(call.gpu.capability, os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")))


def _readable(matrix: Any) -> bool:
    """Say whether rows or columns lie together, and don't overlap (``prepare_matrix_for_cublas``)."""
    (rows, columns), (down, right) = matrix.shape[-2:], matrix.stride()[-2:]
    return bool((right == 1 and down >= max(1, columns)) or (down == 1 and right >= max(1, rows)))


def _linear(call: Operation) -> Any:
    """Where the input can't be seen as one matrix, the bias is added in place; torch adds it apart to fake tensors."""
    x, weight = call.args[0], call.args[1]
    bias = call.argument(2, "bias")
    if x.device.type != "cuda" or x.dim() == 2 or x.is_contiguous() or not (bias is not None or _folds(x, weight)):
        return NotImplemented
    with call.seen():
        return linear(x, weight, bias)


def linear(x: Any, weight: Any, bias: Any) -> Any:
    """Return the product with the bias added in place."""
    result = _folded(x, weight.t()) if _folds(x, weight) else torch.matmul(x, weight.t())
    return result if bias is None else result.add_(bias)


def _matmul(call: Operation) -> Any:
    x, matrix = call.args[:2]
    if x.device.type != "cuda" or x.is_contiguous() or matrix.dim() != 2 or not _folds(x, matrix):
        return NotImplemented
    with call.seen():
        return _folded(x, matrix)


def _folds(x: Any, matrix: Any) -> bool:
    """
    Say whether a product makes one matrix of its larger operand, at the price of a copy.

    It does where the other one asks for a gradient, which parameters do under inference_mode too (``should_fold`` in
    ``aten/src/ATen/native/LinearAlgebra.cpp``); below a dispatch mode no tensor seems to.
    """
    return bool(x.dim() >= 3 and matrix.requires_grad)


def _folded(x: Any, matrix: Any) -> Any:
    return torch.mm(x.reshape(-1, x.shape[-1]), matrix).view(*x.shape[:-1], matrix.shape[-1])


_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "addbmm", "addmv", "mv", "dot", "_int_mm")
RULES = {"aten::" + name: _product for name in _PRODUCTS}
RULES["aten::linear"] = _linear
RULES["aten::matmul"] = _matmul
