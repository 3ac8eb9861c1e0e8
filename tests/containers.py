"""Images made in memory, for checks that ask for one."""

from __future__ import annotations

from doctor.formats.kinds.elf import Elf
from doctor.image.value import Entry, Image

SHELL = ("usr/bin/env", "usr/bin/python3", "bin/sh", "bin/bash")


def image(files=None, *, config=None, architecture="amd64", libraries=None, source="image.tar", **more) -> Image:
    """
    An image with a shell and Python.

    `files` maps a path to its text (0755), or (text, mode), or (text, mode, owner), or "-> target" for a link.
    `libraries` maps a path to the names that it needs, or to an Elf.
    """
    entries = {path: Entry("file", 10, 0o755) for path in SHELL}
    kept = {}
    for path, said in (files or {}).items():
        text, mode, owner = (said, 0o755, 0) if isinstance(said, str) else (*said, 0)[:3]
        if text.startswith("-> "):
            entries[path] = Entry("symlink", 0, 0o777, text[3:])
        else:
            entries[path] = Entry("file", len(text), mode, "", owner)
            kept[path] = text.encode()
    found = {}
    for path, said in (libraries or {}).items():
        entries.setdefault(path, Entry("file", 100, 0o644))
        found[path] = said if isinstance(said, Elf) else Elf("x86_64", needed=tuple(said))
    whole = {"architecture": architecture, "os": "linux", "config": config or {}}
    return Image(source, whole, (), entries, kept, libraries=found, **more)
