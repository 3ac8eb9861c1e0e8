"""Reads the compiled models of an AOTInductor package: their metadata, and the header of each library."""

from __future__ import annotations

import json
from typing import Any

from doctor.formats.kinds.exported import Compiled
from doctor.formats.zipstream import Entry

LARGEST_METADATA = 1 << 20
MOST_MODELS = 1000

_MACHINES = {62: "x86_64", 183: "aarch64"}  # e_machine of an ELF header


class Libraries:
    """The compiled models of one package, as its entries pass."""

    def __init__(self) -> None:
        self._metadata: dict[str, dict[str, str]] = {}
        self._machines: dict[str, str] = {}
        self._kernels: set[str] = set()

    def __bool__(self) -> bool:
        """Say whether any was met."""
        return bool(self._metadata or self._machines)

    def take(self, entry: Entry) -> None:
        """Take in one entry below ``aotinductor/<model>/``."""
        model = entry.name.partition("aotinductor/")[2].partition("/")[0]
        if len(self._metadata) + len(self._machines) > MOST_MODELS:
            return
        if entry.name.endswith("metadata.json"):
            self._metadata.setdefault(model, {}).update(_texts(entry.body.peek(LARGEST_METADATA)))
        elif entry.name.endswith(".so"):
            self._machines.setdefault(model, _machine(entry.body.peek(20)))
        elif entry.name.endswith(".cubin"):
            self._kernels.add(model)

    def models(self) -> tuple[Compiled, ...]:
        """Return them in the order of the package."""
        return tuple(self._compiled(name) for name in dict.fromkeys([*self._metadata, *self._machines]))

    def _compiled(self, name: str) -> Compiled:
        said = self._metadata.get(name, {})
        return Compiled(
            name,
            said.get("AOTI_DEVICE_KEY", "") or ("cuda" if name in self._kernels else ""),
            said.get("AOTI_PLATFORM", ""),
            said.get("AOTI_MACHINE", ""),
            said.get("AOTI_CPU_ISA", ""),
            said.get("AOTI_COMPUTE_CAPABILITY", ""),
            self._machines.get(name, ""),
        )


def _texts(data: bytes) -> dict[str, str]:
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {k: v[:200] for k, v in value.items() if isinstance(v, str)}


def _machine(head: bytes) -> str:
    """Return the processor of a library by its ELF header, "" where it has none."""
    if not head.startswith(b"\x7fELF") or len(head) < 20:
        return ""
    return _MACHINES.get(int.from_bytes(head[18:20], "little" if head[5] == 1 else "big"), "")
