"""What torch.export and AOTInductor put into a .pt2 file."""

from __future__ import annotations

from typing import NamedTuple


class Schema(NamedTuple):
    """The version of the serialized program's schema; the majors of writer and reader must be equal."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Exported(NamedTuple):
    """
    A program of torch.export.

    Args:
        layout: "archive" (PyTorch 2.8 and later) or "flat" (before).
        programs: names of the programs inside; "" for the one of the flat layout.
        schema: of the first program, None where it isn't said.
        devices: types of the devices on which its tensors are, "cpu", "cuda".
    """

    layout: str
    programs: tuple[str, ...]
    schema: Schema | None
    devices: tuple[str, ...] = ()


class Compiled(NamedTuple):
    """
    One model that AOTInductor compiled, as its metadata says; "" where it says nothing.

    Args:
        name: of the model in the package.
        device: "cpu", "cuda".
        platform: "linux".
        machine: "x86_64".
        isa: of the processor, "AVX512".
        capability: of the GPU, "80".
        elf: the machine of the compiled library, from its own header.
    """

    name: str
    device: str
    platform: str = ""
    machine: str = ""
    isa: str = ""
    capability: str = ""
    elf: str = ""


class Packaged(NamedTuple):
    """An AOTInductor package, and the programs that lie beside the compiled models."""

    models: tuple[Compiled, ...]
    programs: tuple[str, ...] = ()
