"""The Python that serves in an image: its interpreter, its distributions, and what can be imported there."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

from doctor.environment import Environment
from doctor.image.value import Image
from doctor.model import Unknown

_SITE = re.compile(
    r"(?:(.*)/)?lib(?:64)?/python(3(?:\.\d+)?)/(?:site|dist)-packages/[^/]+\.(?:dist|egg)-info/(?:METADATA|PKG-INFO)$"
)


def environment(image: Image) -> Environment:
    """
    Return the packages of the interpreter that serves: the entry point's, else the first `python` on PATH.

    Where that one has no distribution, the folder with most of them counts. Unknown where the image has no Python
    package at all.
    """
    folders = _folders(image)
    if not folders:
        raise Unknown(f"{image.source} holds no Python distribution")
    prefix, version = _interpreter(image) or ("", "")
    chosen = [f for f in folders if _serves(f, prefix, version)]
    if not chosen:
        chosen = [max(folders, key=lambda f: len(folders[f]))]
    packages: dict[str, str] = {}
    for folder in chosen:
        for path in folders[folder]:
            name, number = _named(image.data(path))
            if name:
                packages.setdefault(name, number)
    python = version or _version_of(chosen[0])
    source = f"{image.source} (/{chosen[0]})"
    return Environment("serving", source, packages, python, complete=True, finds=_finder(image, chosen, python))


def _folders(image: Image) -> dict[str, list[str]]:
    """Metadata files by the site-packages folder that holds them."""
    folders: dict[str, list[str]] = {}
    for path in image.kept("/METADATA", "/PKG-INFO"):
        if _SITE.match(path):
            folders.setdefault(path.rsplit("/", 2)[0], []).append(path)
    return folders


def _interpreter(image: Image) -> tuple[str, str] | None:
    """Prefix and version of the interpreter that serves, or None."""
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
        return home, found.group(1) if found else _venv_version(image, home)
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


def _named(metadata: bytes) -> tuple[str, str]:
    """Canonical name and version of a METADATA file."""
    head = metadata[:4096].decode("utf-8", "replace")
    name = re.search(r"^Name:\s*(\S+)", head, re.MULTILINE)
    version = re.search(r"^Version:\s*(\S+)", head, re.MULTILINE)
    if not name:
        return "", ""
    return re.sub(r"[-_.]+", "-", name.group(1)).lower(), version.group(1) if version else ""


def _finder(image: Image, folders: list[str], python: str) -> Callable[[str], bool | None]:
    """Return what says whether a dotted module is there, by the image's files."""
    prefix = folders[0].split("/lib", 1)[0] if "/lib" in folders[0] else ""
    standard = [f"{prefix}/lib/python{python}".lstrip("/"), f"usr/lib/python{python}", f"usr/local/lib/python{python}"]
    roots = [*folders, *standard]
    libraries = _libraries(image, roots)

    def finds(module: str) -> bool | None:
        path = module.replace(".", "/")
        if module.split(".", maxsplit=1)[0] in sys.builtin_module_names:
            return True
        for root in roots:
            base = f"{root}/{path}"
            if base in libraries or f"{base}.py" in image.files or f"{base}/__init__.py" in image.files:
                return True
            entry = image.files.get(base)
            if entry is not None and entry.kind in {"directory", "symlink"}:
                return True
        # Of the standard library where the interpreter's own was not seen: nobody can know.
        unseen = f"{standard[0]}/os.py" not in image.files
        return None if unseen and module.split(".", maxsplit=1)[0] in sys.stdlib_module_names else False

    return finds


def _libraries(image: Image, roots: list[str]) -> set[str]:
    """Paths of compiled modules without their endings."""
    found = set()
    for path in image.files:
        if path.endswith(".so") and any(path.startswith(f"{root}/") for root in roots):
            folder, _, name = path.rpartition("/")
            found.add(f"{folder}/{name.split('.', 1)[0]}")
    return found
