"""Layers laid over one another: whiteouts, opaque directories, replaced files, hard links across layers."""

from __future__ import annotations

from doctor.formats.kinds.elf import Elf
from doctor.image.layer import LayerIndex
from doctor.image.value import Entry


class Merged:
    """The files of the layers applied so far, and the contents of those worth keeping."""

    def __init__(self) -> None:
        self.files: dict[str, Entry] = {}
        self.kept: dict[str, bytes] = {}
        self.libraries: dict[str, Elf | None] = {}
        self._folders: set[str] = set()  # that have something below them, listed or not

    def apply(self, layer: LayerIndex) -> None:
        """Lay a layer over the files."""
        replaced = {p for p, e in layer.entries.items() if e.kind != "directory"}
        gone = [p for p in (*layer.gone, *replaced) if p in self.files]
        # Only what was a folder has something below it: most that is replaced is a file.
        folders = ((layer.gone | replaced) & self._folders) | layer.opaque
        if folders and self.files:
            gone += [p for p in self.files if _below(p, folders)]
        self._remove(gone)
        self._remove([p for p in self._new_folders(layer.entries) if p in self.files and self.files[p].kind == "file"])
        self.files.update(layer.entries)
        self.kept.update(layer.kept)
        self.libraries.update(layer.libraries)
        self._follow_hard_links(layer.entries)

    def _remove(self, paths: list[str]) -> None:
        for path in paths:
            self.files.pop(path, None)
            self.kept.pop(path, None)
            self.libraries.pop(path, None)

    def _new_folders(self, entries: dict[str, Entry]) -> list[str]:
        """Note the folders above what a layer adds; return those that had nothing below them before."""
        found = []
        for path in entries:
            at = path.rfind("/")
            while at > 0 and (folder := path[:at]) not in self._folders:
                self._folders.add(folder)
                found.append(folder)
                at = path.rfind("/", 0, at)
        return found

    def _follow_hard_links(self, added: dict[str, Entry]) -> None:
        for path, entry in added.items():
            if entry.kind != "hardlink":
                continue
            target = entry.target.strip("/").removeprefix("./")
            if target in self.files:
                self.files[path] = self.files[target]
                if target in self.kept:
                    self.kept[path] = self.kept[target]
                if target in self.libraries:
                    self.libraries[path] = self.libraries[target]


def _below(path: str, folders: frozenset[str] | set[str]) -> bool:
    """Whether one of the folders is an ancestor of the path ("" is every path's)."""
    if "" in folders:
        return True
    at = path.rfind("/")
    while at > 0:
        if path[:at] in folders:
            return True
        at = path.rfind("/", 0, at)
    return False
