"""What an ELF file (a program or shared library) says of what it needs to be loaded."""

from __future__ import annotations

from typing import NamedTuple


class Elf(NamedTuple):
    """
    A program or shared library.

    Args:
        machine: "x86_64", "aarch64", or its number where it is another.
        name: its own name (SONAME), "" where it has none.
        needed: names of the libraries that the loader must find (NEEDED), in order.
        glibc: the highest version of GNU libc that its symbol versions name, "2.34"; "" where they name none.
        interpreter: the loader that the kernel starts in place of a program, "" for libraries and static programs.
    """

    machine: str
    name: str = ""
    needed: tuple[str, ...] = ()
    glibc: str = ""
    interpreter: str = ""
