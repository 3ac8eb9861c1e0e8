"""The Python that serves in an image: its interpreter, its distributions, and what can be imported there."""

from __future__ import annotations

import re
from collections.abc import Callable

from doctor.environments.installed import Installed
from doctor.image.distributions import SITE, distributions, folders
from doctor.image.interpreters import release
from doctor.image.value import Image
from doctor.model import Unknown


def environment(image: Image) -> Installed:
    """
    Return the packages of the interpreter that serves: the entry point's, else the first `python` on PATH.

    Where that one has no distribution, the folder with most of them counts. Unknown where the image has no Python
    package at all.
    """
    held = folders(image)
    sites = [folder for folder in held if SITE.match(folder)]
    if not sites:
        raise Unknown(f"{image.source} holds no Python distribution")
    prefix, version, program = _interpreter(image) or ("", "", "")
    chosen = [f for f in sites if _serves(f, prefix, version)] or [max(sites, key=lambda f: len(held[f]))]
    first = [f for f in _from_path(image) if f in held and f not in chosen]
    found = distributions(image, (p for folder in (*first, *chosen) for p in held[folder]))
    python = version or _version_of(chosen[0])
    return Installed(
        "serving",
        f"{image.source} (/{chosen[0]})",
        {name: one.said.version for name, one in found.items()},
        release(image, program) or python,
        finds=_finder(image, chosen, python),
        requires=lambda name: found[name].said.requires if name in found else (),
    )


def _interpreter(image: Image) -> tuple[str, str, str] | None:
    """Prefix, series and program of the interpreter that serves, links followed; or None."""
    first = image.entrypoint[0] if image.entrypoint else ""
    names = [first] if re.search(r"python[\d.]*$", first) else []
    for name in (*names, "python3", "python"):
        path = image.which(name)
        if path is None:
            continue
        real = image.resolve(path)
        home = path.rsplit("/bin/", 1)[0] if "/bin/" in path else ""
        if f"{home}/pyvenv.cfg" not in image.files:
            home = real.rsplit("/bin/", 1)[0] if "/bin/" in real else ""
        found = re.search(r"python(3\.\d+)$", real)
        return home, found.group(1) if found else _venv_version(image, home), real
    return None


def _venv_version(image: Image, home: str) -> str:
    try:
        text = image.data(f"{home}/pyvenv.cfg").decode("utf-8", "replace")
    except Exception:  # noqa: BLE001 - a venv without its file: the folders' names tell
        return ""
    found = re.search(r"^version(?:_info)?\s*=\s*(3\.\d+)", text, re.MULTILINE)
    return found.group(1) if found else ""


def _serves(folder: str, prefix: str, version: str) -> bool:
    """Whether the interpreter at a prefix imports from a folder; Debian's looks in three."""
    if not version:
        return bool(prefix) and folder.startswith(f"{prefix}/")
    own = {f"{prefix}/lib{bits}/python{version}/site-packages".lstrip("/") for bits in ("", "64")}
    if prefix == "usr":
        own |= {"usr/lib/python3/dist-packages", f"usr/local/lib/python{version}/dist-packages"}
    return folder in own


def _version_of(folder: str) -> str:
    found = re.search(r"python(3\.\d+)/", folder)
    return found.group(1) if found else ""


class _Files:
    """The files of an image as modules are looked up in them, symbolic links followed."""

    def __init__(self, image: Image, roots: list[str]) -> None:
        self._image = image
        self._compiled = _libraries(image, roots)
        self._folders: set[str] = set()
        for path in image.files:  # layers needn't list their folders
            while (path := path.rpartition("/")[0]) and path not in self._folders:
                self._folders.add(path)

    def file(self, path: str) -> bool:
        return self._kind(path) == "file"

    def folder(self, path: str) -> bool:
        return path in self._folders or self._kind(path) == "directory"

    def extension(self, folder: str, name: str) -> bool:
        return f"{folder}/{name}" in self._compiled

    def _kind(self, path: str) -> str:
        entry = self._image.files.get(path)
        if entry is None or entry.kind == "symlink":
            entry = self._image.files.get(self._image.resolve(path))
        return "file" if entry is not None and entry.kind == "hardlink" else entry.kind if entry else ""


def _finder(image: Image, folders: list[str], python: str) -> Callable[[str], bool | None]:
    """Return what says whether a dotted module is there, by the image's files."""
    from doctor.modules import by_files

    hooks = any(
        p.endswith(".pth") and p.rsplit("/", 1)[-1].startswith("__editable__") and p.rsplit("/", 1)[0] in folders
        for p in image.files
    )
    roots = [*folders, *_from_path(image)]
    return by_files(tuple(roots), _Files(image, roots), python, hooks=hooks)


def _from_path(image: Image) -> list[str]:
    """Folders that PYTHONPATH adds, and the working directory, from which servers import as well."""
    said = image.variables.get("PYTHONPATH", "").split(":")
    return [f.strip("/") for f in (*said, image.working_directory) if f.strip("/")]


def _libraries(image: Image, roots: list[str]) -> set[str]:
    """Paths of compiled modules without their endings."""
    found = set()
    for path in image.files:
        if path.endswith(".so") and any(path.startswith(f"{root}/") for root in roots):
            folder, _, name = path.rpartition("/")
            found.add(f"{folder}/{name.split('.', 1)[0]}")
    return found
