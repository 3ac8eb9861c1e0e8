"""An environment on disk: a virtual environment, a prefix, an interpreter, a site-packages folder."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from doctor.environments.installed import Installed
from doctor.environments.tree import edges
from doctor.errors import BadInput
from doctor.formats.distribution import canonical, folder_name, metadata
from doctor.modules import by_files, named_by

_LARGEST = 4 << 20
_HARMLESS = ("distutils-precedence.pth", "coverage.pth", "nspkg.pth")  # run code that gives no module without a file
_SITES = ("lib*/python3*/site-packages", "lib*/python3*/dist-packages", "local/lib/python3*/dist-packages",
          "Lib/site-packages")  # fmt: skip


class Disk:
    """The files of an environment on disk; each folder is listed once."""

    def __init__(self) -> None:
        self._listed: dict[str, dict[str, bool]] = {}

    def entries(self, folder: str) -> dict[str, bool]:
        """Return the names in a folder, and whether each is a folder; empty where it can't be listed."""
        if folder not in self._listed:
            try:
                with os.scandir(folder) as found:
                    self._listed[folder] = {entry.name: entry.is_dir() for entry in found}
            except OSError:
                self._listed[folder] = {}
        return self._listed[folder]

    def file(self, path: str) -> bool:
        """Say whether a path is a file."""
        folder, _, name = path.rpartition("/")
        return self.entries(folder).get(name) is False

    def folder(self, path: str) -> bool:
        """Say whether a path is a folder."""
        folder, _, name = path.rpartition("/")
        return self.entries(folder).get(name) is True

    def extension(self, folder: str, name: str) -> bool:
        """Say whether a folder has a compiled module of that name."""
        names = (n for n in self.entries(folder) if n.startswith(name + "."))
        return any(n.endswith((".so", ".pyd")) for n in names)

    def read(self, path: str) -> bytes | None:
        """Return the contents of a file, None where they can't be had."""
        try:
            return Path(path).read_bytes() if Path(path).stat().st_size <= _LARGEST else None
        except OSError:
            return None


def of_interpreter(role: str, given: str, path: Path) -> Installed:
    """Return the environment of an interpreter, found by where it lies and never run; BadInput where it has none."""
    path.stat()
    home = Path(os.path.abspath(path)).parent.parent  # noqa: PTH100 - not resolved: a venv's python is a link
    own = (home / "pyvenv.cfg").is_file() or site_folders(home)
    return of_prefix(role, given, home if own else path.resolve().parent.parent)


def of_prefix(role: str, given: str, prefix: Path) -> Installed:
    """Return the environment of a virtual environment or another prefix; BadInput where it has no site-packages."""
    if _shares_system(prefix):
        raise BadInput(f"--{role} {given} also sees its system's packages; give the output of its `pip freeze`")
    sites = site_folders(prefix)
    if not sites:
        raise BadInput(f"--{role} {given}: {prefix} has no site-packages")
    return of_sites(role, given, sites, _python(prefix, sites[0]), _recorded(prefix / "conda-meta"))


def site_folders(prefix: Path) -> tuple[Path, ...]:
    """Return the site-packages folders of the Python at a prefix, those of Debian as well; a site-packages itself."""
    if any(prefix.glob("*.dist-info")):
        return (prefix,)
    found = [s for pattern in _SITES for s in sorted(prefix.glob(pattern)) if s.is_dir()]
    counts = {s.resolve(): sum(1 for _ in s.glob("*.dist-info")) for s in found}
    if not counts:
        return ()
    # Several Pythons may lie below one prefix: the one with most distributions is meant.
    main = max(counts, key=lambda s: counts[s])
    version = _layout(main)
    return (main, *(s for s in counts if s != main and _layout(s) in {version, "3"}))


def of_sites(
    role: str, source: str, sites: tuple[Path, ...], python: str, others: Mapping[str, str] | None = None
) -> Installed:
    """Return the environment whose distributions are installed in the given folders, the first winning."""
    disk = Disk()
    folders: dict[str, tuple[str, Path]] = {}
    for site in sites:
        for name, version, place in _distributions(site, disk):
            folders.setdefault(name, (version, place))
    roots, hooks = _paths(sites, disk)

    @cache
    def tree() -> Mapping[str, tuple[str, ...]] | None:
        # pipdeptree judges markers for the Python that runs it: for another, the metadata is read here.
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        return edges(sites) if ".".join(python.split(".")[:2]) == ours else None

    @cache
    def requires(name: str) -> tuple[str, ...]:
        if (known := tree()) is not None:
            return known.get(name, ())
        return metadata(_text(folders[name][1])).requires if name in folders else ()

    return Installed(
        role,
        source,
        {**(others or {}), **{name: version for name, (version, _) in folders.items()}},
        python,
        finds=by_files(roots, disk, python, hooks=hooks),
        names=named_by(roots, disk, python),
        requires=requires,
    )


def _shares_system(prefix: Path) -> bool:
    return re.search(r"(?mi)^include-system-site-packages\s*=\s*true", _read(prefix / "pyvenv.cfg")) is not None


def _python(prefix: Path, site: Path) -> str:
    said = re.search(r"(?m)^version(?:_info)?\s*=\s*(3\.\d+(?:\.\d+)?)", _read(prefix / "pyvenv.cfg"))
    if said:
        return said[1]
    for record in (prefix / "conda-meta").glob("python-3.*.json"):
        return record.name.split("-")[1]
    layout = _layout(site)
    return layout if "." in layout else ""


def _layout(site: Path) -> str:
    found = re.search(r"/python(3(?:\.\d+)?)/", site.as_posix())
    return found[1] if found else ""


def _recorded(folder: Path) -> dict[str, str]:
    """What conda installed that is no Python distribution of its own: libraries, compilers."""
    found = {}
    for record in folder.glob("*.json"):
        name, _, version = record.stem.rpartition("-")[0].rpartition("-")
        if name and name != "python":
            found[canonical(name)] = version
    return found


def _distributions(site: Path, disk: Disk) -> Iterator[tuple[str, str, Path]]:
    for entry in disk.entries(str(site)):
        named = folder_name(entry)
        if named is not None:
            yield *named, site / entry
        elif entry.endswith(".egg-info"):  # its name doesn't say the version
            said = metadata(_text(site / entry))
            yield said.name or canonical(entry.removesuffix(".egg-info")), said.version, site / entry
        elif entry.endswith(".egg-link"):
            yield canonical(entry.removesuffix(".egg-link")), "", site / entry


def _text(folder: Path) -> str:
    for name in ("METADATA", "PKG-INFO", "EGG-INFO/PKG-INFO"):
        if (folder / name).is_file():
            return _read(folder / name)
    return _read(folder) if folder.is_file() else ""


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _paths(sites: Iterable[Path], disk: Disk) -> tuple[tuple[str, ...], bool]:
    """Return the folders that ``*.pth`` files make of the sites, and whether any of them runs code."""
    roots: list[str] = []
    hooks = False
    for site in sites:
        roots.append(str(site))
        for entry in disk.entries(str(site)):
            if not entry.endswith(".pth") or entry.endswith(_HARMLESS):
                continue
            for line in _read(site / entry).splitlines():
                if line.startswith(("import ", "import\t")):
                    hooks = True
                elif line.strip() and not line.startswith("#"):
                    roots.append(str(site / line.strip()))
    return tuple(roots), hooks
