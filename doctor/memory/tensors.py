"""
Bytes of one tensor: as stored, and as loaded, where it may be cast or quantized.

bitsandbytes keeps, for a matrix of a linear layer, 4 bits a number and one float32 for each block of 64 (of which
double quantization makes 8 bits, with one float32 for 256 blocks), or 8 bits a number and one float32 for each row;
other tensors stay in 16 bits, and so does the output layer. The same layers are meant by a server's "fp8" and "eetq".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from doctor.formats.kinds.base import ITEM_BYTES, Tensor, tensor_bytes

# Matrices that stay in 16 bits: embeddings, the output layer, what routes to experts.
_KEPT = re.compile(
    r"lm_head|embed|wte|wpe|norm|shared|position|\bln_|router|mlp\.gate\.weight|(^|\.)output\.weight", re.IGNORECASE
)
_BLOCK = 64  # bitsandbytes' blocksize
_NESTED = 256


class Scheme(NamedTuple):
    """
    A way of quantizing while loading.

    Args:
        name: "nf4", "int8", "fp8".
        bits: of one number of a linear layer.
        block: numbers that share a scale; 0 where a row does.
        scale: bytes of a scale.
    """

    name: str
    bits: int
    block: int
    scale: float

    @classmethod
    def of_bitsandbytes(cls, words: Mapping[str, object]) -> Scheme:
        """Return what BitsAndBytesConfig's arguments ask for; 4 bits where nothing says otherwise."""
        if words.get("load_in_8bit") is True:
            return cls("int8 of bitsandbytes", 8, 0, 4)
        double = words.get("bnb_4bit_use_double_quant") is True
        return cls("4 bits of bitsandbytes", 4, _BLOCK, 1 + 4 / _NESTED if double else 4)

    def bytes_of(self, shape: tuple[int, ...]) -> int:
        """Return the bytes of a matrix."""
        count = shape[0] * shape[1]
        scales = -(-count // self.block) if self.block else shape[0]
        return int(-(-count * self.bits // 8) + scales * self.scale)


_NAMED = {
    "bitsandbytes": Scheme("4 bits of bitsandbytes", 4, _BLOCK, 4),
    "bitsandbytes-nf4": Scheme("nf4 of bitsandbytes", 4, _BLOCK, 4),
    "bitsandbytes-fp4": Scheme("fp4 of bitsandbytes", 4, _BLOCK, 4),
    "bitsandbytes8": Scheme("int8 of bitsandbytes", 8, 0, 4),
    "eetq": Scheme("int8 of eetq", 8, 0, 2),
    "fp8": Scheme("fp8", 8, 0, 4),
}
_VARIABLES = ("SM_VLLM_QUANTIZATION", "OPTION_QUANTIZE", "HF_MODEL_QUANTIZE", "QUANTIZE", "SM_SGLANG_QUANTIZATION")


def told(variables: Mapping[str, str]) -> Scheme | None:
    """Return the scheme that a server's variables ask for, None where they ask for none that is known."""
    named = next((variables[n].lower() for n in _VARIABLES if variables.get(n)), "")
    return _NAMED.get(named)


def stored_bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor as stored; those of GGUF's blocks too."""
    if not tensor.dtype.isupper():
        return tensor_bytes(tensor)
    from doctor.formats.gguf import TYPES

    block = next((b for b in TYPES.values() if b.name == tensor.dtype), None)
    count = 1
    for dimension in tensor.shape:
        count *= dimension
    return -(-count // block.elements) * block.size if block else 0


def loaded_bytes(tensor: Tensor, scheme: Scheme | None, dtype: str) -> int:
    """Return the bytes of a tensor once loaded: quantized, cast to a dtype, or as stored where that is ""."""
    if tensor.dtype not in {"float16", "bfloat16", "float32", "float64"}:
        return stored_bytes(tensor)
    if scheme and len(tensor.shape) == 2 and not _KEPT.search(tensor.name):
        return scheme.bytes_of(tensor.shape)
    return tensor_bytes(tensor._replace(dtype=dtype) if dtype in ITEM_BYTES else tensor)
