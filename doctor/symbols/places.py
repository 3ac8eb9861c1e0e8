"""Finds the source of modules among the files of an environment, as the import system would, and reads each once."""

from __future__ import annotations

from typing import Protocol

from doctor.symbols.reading import read
from doctor.symbols.values import Contents


class Files(Protocol):
    """The files of an environment, on disk or in an image."""

    def file(self, path: str) -> bool:
        """Say whether a path is a file."""

    def folder(self, path: str) -> bool:
        """Say whether a path is a folder."""

    def extension(self, folder: str, name: str) -> bool:
        """Say whether a folder has a compiled module of that name."""

    def read(self, path: str) -> bytes | None:
        """Return the contents of a file, None where they can't be had."""


class Place:
    """
    Where a module is.

    Args:
        kind: "package", "source", "stub" (compiled, with a stub beside it), "compiled", "namespace".
        path: its source or stub, "" without.
        folders: where its submodules are.
    """

    def __init__(self, kind: str, path: str, folders: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.path = path
        self.folders = folders


class Sources:
    """
    The modules below some folders.

    Args:
        roots: the folders of sys.path.
        files: the files.
        python: of the environment.
        most: files that are read at most.
    """

    def __init__(self, roots: tuple[str, ...], files: Files, python: str, most: int) -> None:
        self._roots = roots
        self._files = files
        self._python = python
        self._most = most
        self._places: dict[str, Place | None] = {}
        self._data: dict[str, bytes | None] = {}
        self._contents: dict[str, Contents | None] = {}

    def shown(self, path: str) -> str:
        """Return a path as evidence writes it: from site-packages on."""
        root = next((r for r in self._roots if path.startswith(f"{r}/")), "")
        return path[len(root) + 1 :] if root else path

    def place(self, module: str) -> Place | None:
        """Return where a dotted module is, None where it isn't."""
        if module not in self._places:
            parent, _, last = module.rpartition(".")
            above = self.place(parent) if parent else None
            folders = self._roots if not parent else above.folders if above is not None else ()
            self._places[module] = self._found(folders, last)
        return self._places[module]

    def _found(self, folders: tuple[str, ...], name: str) -> Place | None:
        files, spaces = self._files, list[str]()
        for folder in folders:
            base = f"{folder}/{name}"
            if files.folder(base) and files.file(f"{base}/__init__.py"):
                return Place("package", f"{base}/__init__.py", (base,))
            if files.folder(base) and files.extension(base, "__init__"):
                return Place("compiled", "", (base,))
            if files.extension(folder, name):
                stub = f"{base}.pyi"
                return Place("stub" if files.file(stub) else "compiled", stub if files.file(stub) else "")
            if files.file(f"{base}.py"):
                return Place("source", f"{base}.py")
            if files.file(f"{base}.pyc"):
                return Place("compiled", "")
            if files.folder(base):
                spaces.append(base)
        return Place("namespace", "", tuple(spaces)) if spaces else None

    def data(self, path: str) -> bytes | None:
        """Return a file's bytes, None where they can't be had, or too many were read."""
        if path not in self._data:
            self._data[path] = self._files.read(path) if len(self._data) < self._most else None
        return self._data[path]

    def contents(self, module: str, place: Place) -> Contents | None:
        """Return what a module's source binds, None where it can't be had."""
        if place.path not in self._contents:
            data = self.data(place.path)
            package = module if place.kind == "package" else module.rpartition(".")[0]
            self._contents[place.path] = (
                None if data is None else read(data, package, self._python, module.rpartition(".")[2])
            )
        return self._contents[place.path]
