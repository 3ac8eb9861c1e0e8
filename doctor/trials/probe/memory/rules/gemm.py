"""
Matrix products: the workspace of cuBLAS.

It is asked for once a process and stream, at the first product, after the product's own result: 8.125 MiB up to
capability 8.9, 32 MiB from 9.0 on (``aten/src/ATen/cuda/CublasHandlePool.cpp``, and the documentation of
CUBLAS_WORKSPACE_CONFIG). cublasLt shares it since torch 2.7; before, each of its calls had one of its own.
"""

from __future__ import annotations

import os
import re
from typing import Any

from doctor.trials.probe.memory.rules.base import Operation

_KIB = 1 << 10


def workspace(capability: tuple[int, int], setting: str = "") -> int:
    """Return its bytes: the default's, or as CUBLAS_WORKSPACE_CONFIG says (":4096:2:16:8": 2 x 4096 and 8 x 16 KiB)."""
    pairs = re.findall(r":(\d+):(\d+)", setting)
    if pairs:
        return sum(int(size) * int(count) for size, count in pairs) * _KIB
    return 32 << 20 if capability >= (9, 0) else (4096 * 2 + 16 * 8) * _KIB


def _product(call: Operation) -> Any:
    result = call.run()
    if result.device.type == "cuda" and result.numel():
        ask(call)
    return result


def ask(call: Operation) -> None:
    """Ask for the workspace, unless it is there."""
    call.once("cuBLAS workspace", workspace(call.gpu.capability, os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")))


RULES = {
    "aten::" + name: _product for name in ("mm", "addmm", "bmm", "baddbmm", "addbmm", "addmv", "mv", "dot", "_int_mm")
}
