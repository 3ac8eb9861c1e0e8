"""What only GGUF has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Gguf(NamedTuple):
    """
    A GGUF file, for llama.cpp.

    Args:
        version: of the format.
        architecture: "llama".
        metadata: its keys and values; of an array its length alone.
        quantization: the type that most of its bytes have, "Q4_K".
    """

    version: int
    architecture: str
    metadata: Mapping[str, Any]
    quantization: str = ""
