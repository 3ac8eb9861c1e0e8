"""
ONNX Runtime: initializers, and an arena for what nodes make.

A session keeps the initializers, and allocates what nodes make from an arena that never shrinks; memory patterns have
values whose lives don't overlap share a place. Range: *low* is the largest sum of values that live at one time, *high*
is the arena grown to the next power of two, its default on a GPU; where the file notes no shapes of values in between
(it then needs shape inference), they are bounded by the inputs, outputs and weights, and the range is wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.base import ITEM_BYTES, Port, tensor_bytes
from doctor.formats.kinds.onnx import Life, Onnx
from doctor.memory.values import Range, Term, Tier, Workload
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile

_CONVOLUTIONS = frozenset({"Conv", "ConvTranspose", "FusedConv"})


def gpu_terms(file: ModelFile, workload: Workload) -> list[Term]:
    """Return what a session of the CUDA provider needs of a GPU beside its context."""
    facts = _facts(file)
    weights = initializers(file)
    terms = [
        Term("weights", Range.exactly(weights), f"initializers of {file.path}"),
        Term("activations", _arena(file, facts, workload), _how(facts)),
    ]
    if _CONVOLUTIONS & {name for names in facts.operators.values() for name in names}:
        row = load("runtime_memory")["onnx"]["convolution_workspace_mib"]
        how = "cuDNN tries all its algorithms: cudnn_conv_algo_search=EXHAUSTIVE"
        terms.append(Term("convolution workspace", Range(*(n << 20 for n in row)), how, Tier.TABLES))
    return terms


def initializers(file: ModelFile) -> int:
    """Return the bytes of the weights."""
    return sum(map(tensor_bytes, file.tensors))


def live_peak(lives: Iterable[Life], given: Iterable[Port], workload: Workload) -> int:
    """Return the largest sum of bytes of the values that live at one time, the inputs all along."""
    changes: dict[int, int] = {}
    for life in lives:
        size = port_bytes(life.port, workload)
        changes[life.made] = changes.get(life.made, 0) + size
        changes[life.last + 1] = changes.get(life.last + 1, 0) - size
    held = peak = sum(port_bytes(p, workload) for p in given)
    for place in sorted(changes):
        held += changes[place]
        peak = max(peak, held)
    return peak


def port_bytes(port: Port, workload: Workload) -> int:
    """Return the bytes of a value; free dimensions are the batch, and then the tokens."""
    count, free = 1, 0
    for size in port.shape or ():
        if isinstance(size, int) and size > 0:
            count *= size
        else:
            count *= workload.batch if free == 0 else max(workload.tokens, 1)
            free += 1
    return int(count * ITEM_BYTES.get(port.dtype, 4))


def _facts(file: ModelFile) -> Onnx:
    if not isinstance(file.facts, Onnx):
        raise Unknown(f"{file.path} is no ONNX model")
    return file.facts


def _arena(file: ModelFile, facts: Onnx, workload: Workload) -> Range:
    """Return the bytes of the arena."""
    peak = live_peak(facts.lives, file.inputs, workload)
    weights = initializers(file)
    if facts.made == 0 or len(facts.lives) < facts.made * load("runtime_memory")["onnx"]["shapes_known"]:
        ends = sum(port_bytes(p, workload) for p in (*file.inputs, *file.outputs))
        row = load("runtime_memory")["onnx"]["unknown_shapes"]
        low = max(peak, ends)
        return Range(low, max(low, ends * row["ends"], int(weights * row["weights"])), max(low, ends * row["most"]))
    return Range(peak, _power(weights + peak) - weights if peak else 0, 2 * (weights + peak) - weights)


def _power(size: int) -> int:
    """Return half the way to the next power of two: what an arena that grows by powers holds on the average."""
    whole = 1 << max(0, math.ceil(math.log2(max(size, 1))))
    return (size + whole) // 2


def _how(facts: Onnx) -> str:
    if facts.made and len(facts.lives) >= facts.made * load("runtime_memory")["onnx"]["shapes_known"]:
        return "values that live at one time, by the shapes in the file"
    return f"the file notes the shapes of {len(facts.lives)} of {facts.made} values"
