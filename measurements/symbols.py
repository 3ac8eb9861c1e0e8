"""
Measures which modules and names the releases of a distribution have: ``python -m measurements.symbols [NAME ...]``.

The wheel of each release is downloaded and unpacked, and its source is asked, as doctor asks the source of a serving
environment; nothing of it is installed. What its source can't tell (numpy, tensorflow) is said by the library itself in
an environment of its own. Each release is kept, so that a run that was stopped goes on; the data hold what came or went
between the measured releases, in ``doctor/facts/symbols/<distribution>.json``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from doctor.environments.folder import Disk
from doctor.symbols.lookup import Symbols, makes_modules

HOME = Path(os.environ.get("MEASUREMENTS", Path(__file__).parent / ".work")) / "symbols"
FACTS = Path(__file__).parent.parent / "doctor" / "facts" / "symbols"
PROGRAM = Path(__file__).parent / "programs" / "symbols.py"
PLATFORMS = ("manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "manylinux_2_5_x86_64",
             "manylinux_2_12_x86_64", "manylinux_2_17_x86_64", "manylinux_2_24_x86_64", "manylinux_2_27_x86_64",
             "manylinux_2_28_x86_64")  # fmt: skip
SKIP = {
    "tests",
    "testing",
    "test",
    "__main__",
    "conftest",
    "_pyinstaller",
    "setup",
    "benchmarks",
    "_vendor",
    "vendor",
    "__init__",
    "__pycache__",
}
PICKLED = ("reconstruct", "pickle", "ctor", "rebuild", "frombuffer")


class Distribution(NamedTuple):
    """
    A distribution to measure.

    Args:
        name: canonical.
        tops: its top-level modules.
        releases: the oldest first; ``release@python`` where the newest Python has no wheel of it.
        imported: whether the library says itself what it has.
        private: whether private modules count: pickles name them.
        also: what else an environment of it needs.
        unnamed: the module below which names don't count: only its modules do.
        depth: of modules below which only classes count, and functions that pickles name.
        aliased: how modules end that the library makes itself, without a file, when it is imported.
    """

    name: str
    tops: tuple[str, ...]
    releases: str
    imported: bool = False
    private: bool = True
    also: tuple[str, ...] = ()
    unnamed: str = "-"
    depth: int = 99
    aliased: str = "-"


DISTRIBUTIONS = (
    Distribution("numpy", ("numpy",),
                 "1.16.6@3.7 1.17.5@3.7 1.18.5@3.8 1.19.5@3.8 1.20.3@3.8 1.21.6@3.8 1.22.4@3.8 1.23.0@3.10 "
                 "1.23.5@3.10 1.24.0@3.10 1.24.4@3.10 1.25.0@3.10 1.25.2@3.10 1.26.0@3.11 1.26.4@3.11 "
                 "2.0.0@3.11 2.0.2@3.11 2.1.0@3.11 2.1.3@3.11 2.2.0@3.11 2.2.6@3.11 2.3.0@3.12 2.3.5@3.12 "
                 "2.4.0@3.12 2.4.6@3.12", imported=True),
    Distribution("pandas", ("pandas",),
                 "0.25.3@3.8 1.0.5@3.8 1.1.5@3.8 1.2.5@3.8 1.3.0@3.8 1.3.5@3.8 1.4.4@3.10 1.5.0@3.10 "
                 "1.5.3@3.10 2.0.0@3.11 2.0.3@3.11 2.1.0@3.11 2.1.4@3.11 2.2.0@3.11 2.2.3@3.11 2.3.0@3.11 "
                 "2.3.3@3.11 3.0.0@3.12 3.1.1@3.12", depth=2),
    Distribution("scikit-learn", ("sklearn",),
                 "0.19.2@3.6 0.20.0@3.7 0.20.4@3.7 0.21.0@3.7 0.21.3@3.7 0.22@3.8 0.22.2.post1@3.8 0.23.0@3.8 "
                 "0.23.2@3.8 0.24.0@3.8 0.24.2@3.8 1.0@3.8 1.0.2@3.8 1.1.0@3.10 1.1.3@3.10 1.2.0@3.10 "
                 "1.2.2@3.11 1.3.0@3.11 1.3.2@3.11 1.4.0@3.11 1.4.2@3.11 1.5.0@3.11 1.5.2@3.11 1.6.0@3.11 "
                 "1.6.1@3.11 1.7.0@3.11 1.7.2@3.11 1.8.0@3.12 1.9.0@3.12 1.9.1@3.12"),
    Distribution("scipy", ("scipy",),
                 "1.4.1@3.8 1.5.4@3.8 1.6.3@3.8 1.7.3@3.8 1.8.1@3.8 1.9.3@3.10 1.10.1@3.10 1.11.4@3.11 "
                 "1.12.0@3.11 1.13.1@3.11 1.14.1@3.11 1.15.3@3.11 1.16.3@3.12 1.17.1@3.12", private=False),
    Distribution("joblib", ("joblib",),
                 "0.11@3.7 0.13.2@3.7 0.14.1@3.7 0.17.0@3.7 1.0.1@3.7 1.1.1@3.7 1.2.0@3.8 1.3.2@3.8 1.4.2@3.8 "
                 "1.5.2@3.9 1.6.0@3.11"),
    Distribution("transformers", ("transformers",),
                 "3.5.1@3.8 4.0.1@3.8 4.6.1@3.8 4.12.5@3.8 4.17.0@3.8 4.21.3@3.8 4.26.1@3.8 4.28.1@3.8 "
                 "4.30.2@3.8 4.33.3@3.8 4.36.2@3.8 4.37.2@3.8 4.40.2@3.8 4.43.4@3.8 4.46.3@3.8 4.48.3@3.11 "
                 "4.49.0@3.11 4.51.3@3.11 4.53.3@3.11 4.55.4@3.11 4.57.6@3.11 5.0.0@3.11 5.23.0@3.11",
                 private=False, unnamed="transformers.models.", aliased="_fast"),
    Distribution("tensorflow", ("tensorflow",),
                 "1.15.5@3.7 2.8.4@3.10 2.9.3@3.10 2.10.1@3.10 2.11.1@3.10 2.12.1@3.10 2.13.1@3.10 2.14.1@3.10 "
                 "2.15.1@3.11 2.16.2@3.11 2.18.1@3.11 2.19.1@3.12 2.21.0@3.11", imported=True,
                 private=False, also=("protobuf<3.21",)),
    Distribution("keras", ("keras",),
                 "2.8.0@3.10 2.9.0@3.10 2.10.0@3.10 2.11.0@3.10 2.12.0@3.10 2.13.1@3.10 2.14.0@3.10 "
                 "2.15.0@3.11 3.0.5@3.11 3.3.3@3.11 3.6.0@3.11 3.9.2@3.11 3.12.0@3.11 3.15.1@3.12",
                 private=False),
    Distribution("xgboost", ("xgboost",),
                 "1.0.2@3.7 1.2.1@3.7 1.3.3@3.8 1.5.2@3.8 1.6.2@3.8 1.7.6@3.10 2.0.0@3.10 2.0.3@3.10 "
                 "2.1.4@3.10 3.0.5@3.12 3.2.0@3.12 3.4.1@3.12"),
    Distribution("lightgbm", ("lightgbm",),
                 "2.3.1@3.7 3.0.0@3.7 3.1.1@3.7 3.2.1@3.7 3.3.5@3.7 4.0.0@3.11 4.1.0@3.11 4.3.0@3.11 "
                 "4.5.0@3.11 4.6.0@3.11 4.7.0@3.11"),
    Distribution("flask", ("flask",),
                 "1.0.4@3.7 1.1.4@3.7 2.0.0@3.7 2.0.3@3.7 2.1.0@3.7 2.1.3@3.7 2.2.0@3.7 2.2.5@3.7 2.3.0@3.11 "
                 "2.3.3@3.11 3.0.0@3.11 3.0.3@3.11 3.1.0@3.11 3.1.3@3.11"),
    Distribution("werkzeug", ("werkzeug",),
                 "0.16.0@3.7 0.16.1@3.7 1.0.0@3.7 1.0.1@3.7 2.0.0@3.7 2.0.3@3.7 2.1.0@3.7 2.1.2@3.7 2.2.0@3.7 "
                 "2.2.3@3.7 2.3.0@3.11 2.3.8@3.11 3.0.0@3.11 3.0.6@3.11 3.1.0@3.11 3.1.9@3.11"),
    Distribution("jinja2", ("jinja2",),
                 "2.10.3@3.7 2.11.3@3.7 3.0.0@3.7 3.0.3@3.7 3.1.0@3.11 3.1.6@3.11"),
    Distribution("markupsafe", ("markupsafe",),
                 "1.1.1@3.8 2.0.0@3.9 2.0.1@3.10 2.1.0@3.10 2.1.5@3.11 3.0.0@3.11 3.0.3@3.11"),
    Distribution("itsdangerous", ("itsdangerous",),
                 "1.1.0@3.7 2.0.0@3.7 2.0.1@3.7 2.1.0@3.7 2.1.2@3.7 2.2.0@3.11"),
    Distribution("setuptools", ("setuptools", "pkg_resources"),
                 "40.9.0@3.7 49.6.0@3.7 58.5.3@3.7 65.7.0@3.11 69.5.1@3.11 70.3.0@3.11 75.8.2@3.11 80.9.0@3.11"),
    Distribution("pillow", ("PIL",),
                 "6.2.2@3.7 7.2.0@3.7 8.4.0@3.7 9.0.1@3.10 9.5.0@3.10 10.0.0@3.10 10.0.1@3.10 10.4.0@3.11 "
                 "11.3.0@3.11 12.0.0@3.11"),
    Distribution("huggingface-hub", ("huggingface_hub",),
                 "0.4.0@3.8 0.10.1@3.8 0.16.4@3.8 0.20.3@3.8 0.25.2@3.8 0.26.5@3.8 0.30.2@3.11 0.36.0@3.11 "
                 "1.0.1@3.11", private=False),
    Distribution("sagemaker-inference", ("sagemaker_inference",),
                 "1.1.0@3.7 1.2.8@3.7 1.5.11@3.7 1.10.1@3.11"),
    Distribution("sentence-transformers", ("sentence_transformers",),
                 "2.0.0@3.8 2.2.2@3.8 2.7.0@3.8 3.0.1@3.8 3.4.1@3.11 5.1.2@3.11", private=False),
    Distribution("pydantic", ("pydantic",),
                 "1.8.2@3.8 1.9.2@3.10 1.10.24@3.11 2.0.3@3.11 2.5.3@3.11 2.12.4@3.11",
                 private=False),
)  # fmt: skip


def main() -> int:
    """Measure what is asked for, all without a name; say how much of each was told."""
    asked = set(sys.argv[1:]) or {d.name for d in DISTRIBUTIONS}
    FACTS.mkdir(parents=True, exist_ok=True)
    for distribution in (d for d in DISTRIBUTIONS if d.name in asked):
        releases = [r.partition("@") for r in distribution.releases.split()]
        found = {}
        for release, _, python in releases:
            try:
                found[release] = measured(distribution, release, python)
            except (subprocess.SubprocessError, OSError, ValueError) as error:  # noqa: PERF203 - the others go on
                print(f"{distribution.name} {release}: {str(error)[-200:]}", file=sys.stderr)
        if len(found) > 1:
            write(distribution, found)
    index()
    return 0


def measured(distribution: Distribution, release: str, python: str) -> Release:
    """Return what one release has, by its own word or its source."""
    if distribution.imported:
        return Imported(distribution, release, python)
    return Source(unpacked(distribution, release, python), distribution, python)


class Release:
    """One release: its modules, candidates for names, and whether each is there."""

    modules: set[str]

    def settle(self, candidates: list[tuple[str, str]]) -> None:
        """Be told all names that any release may have, before any is asked for."""

    def candidates(self) -> Iterator[tuple[str, str]]:
        """Yield modules with names that they may have."""
        raise NotImplementedError

    def sign(self, module: str, name: str = "") -> str:
        """Return "+" for there, "-" for absent, "?" where nothing tells."""
        raise NotImplementedError


class Imported(Release):
    """A release that was asked itself."""

    def __init__(self, distribution: Distribution, release: str, python: str) -> None:
        self._asked = (distribution, release, python)
        self._names = {m: set(ns) for m, ns in said(distribution, release, python).items()}
        self.modules = set(self._names)

    def settle(self, candidates: list[tuple[str, str]]) -> None:
        """Ask for the names that its modules don't list: some are given all the same."""
        unlisted: dict[str, list[str]] = {}
        for module, name in candidates:
            if module in self._names and name not in self._names[module]:
                unlisted.setdefault(module, []).append(name)
        for module, names in said(*self._asked, unlisted).items():
            self._names[module].update(names)

    def candidates(self) -> Iterator[tuple[str, str]]:
        """Yield what its modules list, without what is plainly another library's."""
        for module, names in self._names.items():
            yield from ((module, n) for n in names if kept(n) and not n.startswith("_"))

    def sign(self, module: str, name: str = "") -> str:
        """Return what its own list says; a module that it failed to import may be there."""
        if not name:
            return "+" if module in self.modules else "?"
        return "?" if module not in self._names else "+" if name in self._names[module] else "-"


class Source(Release):
    """A release whose wheel was unpacked."""

    def __init__(self, folder: Path, distribution: Distribution, python: str) -> None:
        self._files = Disk()
        self._root = str(folder)
        self._symbols = Symbols((self._root,), self._files, python, most=1_000_000)
        self._distribution = distribution
        self.modules = {m for top in distribution.tops for m in self._below(top, f"{self._root}/{top}")}
        self._listed: dict[str, set[str]] = {}
        self._signs: dict[tuple[str, str], str] = {}

    def candidates(self) -> Iterator[tuple[str, str]]:
        """Yield the names that the modules' source binds, of the distribution's own things."""
        for module in self.modules:
            named = not f"{module}.".startswith(self._distribution.unnamed)
            if named and (self._distribution.private or "._" not in module):
                names = (n for n in self._names(module) if kept(n))
                yield from ((module, n) for n in names if self._counts(module, n))

    def sign(self, module: str, name: str = "") -> str:
        """Return what its source says."""
        key = (module, name)
        if key not in self._signs:
            self._signs[key] = self._asked(module, name)
        return self._signs[key]

    def _asked(self, module: str, name: str) -> str:
        if name:
            there = self._has(module, name) if module in self.modules else None
            return "?" if there is None else "+" if there else "-"
        if module in self.modules:
            return "+"
        parts = module.split(".")
        above = [".".join(parts[:n]) for n in range(1, len(parts)) if ".".join(parts[:n]) in self.modules]
        if not above:
            return "?"
        if module.endswith(self._distribution.aliased):
            return "?"
        data = (self._symbols.path(above[-1]) and self._files.read(self._symbols.path(above[-1]))) or b""
        return "?" if makes_modules(data.replace(b"sys.modules[__name__]", b"")) else "-"

    def _counts(self, module: str, name: str) -> bool:
        shallow = module.count(".") < self._distribution.depth
        return shallow or name.lstrip("_")[:1].isupper() or any(word in name for word in PICKLED)

    def _names(self, module: str) -> set[str]:
        if module not in self._listed:
            asked = self._distribution
            self._listed[module] = self._symbols.listed(module, asked.tops, asked.unnamed)
        return self._listed[module]

    def _has(self, module: str, name: str) -> bool | None:
        if name in self._names(module):
            return self._symbols.has(module, name).there
        # What hundreds of models would have to be asked for isn't: it may be there.
        data = self._files.read(self._symbols.path(module)) or b"" if self._distribution.unnamed != "-" else b""
        return None if b"import *" in data else self._symbols.has(module, name).there

    def _below(self, module: str, path: str) -> Iterator[str]:
        if self._files.folder(path):
            yield module
            for name, folder in sorted(self._files.entries(path).items()):
                stem = name.partition(".")[0]
                code = folder or name.endswith((".py", ".so", ".pyd"))
                if code and stem.isidentifier() and stem not in SKIP and not stem.startswith("test_"):
                    yield from self._below(f"{module}.{stem}", f"{path}/{stem}")
        elif self._files.file(f"{path}.py") or self._files.extension(*path.rsplit("/", 1)):
            yield module


def kept(name: str) -> bool:
    """Say whether a name may be one that a handler or pickle asks for."""
    if name.startswith("__") or not name.isidentifier():
        return name.startswith("__pyx_unpickle")
    return not name.startswith("_") or name[1:2].isupper() or any(word in name for word in PICKLED)


def unpacked(distribution: Distribution, release: str, python: str) -> Path:
    """Return the folder of a release's files: sources as they are, compiled modules as empty files."""
    folder = HOME / f"{distribution.name}-{release}"
    if (folder / ".whole").exists():
        return folder
    wheels = HOME / f".{distribution.name}-{release}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(wheels),
               "--python-version", python, *(w for p in PLATFORMS for w in ("--platform", p)),
               f"{distribution.name}=={release}"]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1] if done.stderr else "pip download failed")
    folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith((".py", ".pyi", ".so")) and not set(name.split("/")) & {"tests", "test"}:
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(b"" if name.endswith(".so") else archive.read(name))
        wheel.unlink()
    wheels.rmdir()
    (folder / ".whole").touch()
    return folder


def said(
    distribution: Distribution, release: str, python: str, asked: dict[str, list[str]] | None = None
) -> dict[str, list[str]]:
    """Return what the modules of a release list, or have of what is asked, in an environment made for it and kept."""
    from measurements.environments import made
    from measurements.family import Env

    answer = HOME / f"{distribution.name}-{release}{'-asked' if asked is not None else ''}.json"
    if asked is not None or not answer.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        also = distribution.also if release.startswith("1.") else ()
        pins = (f"{distribution.name}=={release}", *also)
        interpreter = made(Env(f"{distribution.name}-{release}", python, pins), HOME / "envs")
        command = [str(interpreter), str(PROGRAM), distribution.tops[0]]
        command += ["asked"] if asked is not None else []
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=1800, input=json.dumps(asked or {})
        )
        answer.write_text(done.stdout)
    modules: dict[str, list[str]] = json.loads(answer.read_text())["modules"]
    if not modules and asked is None:
        answer.unlink()
        raise ValueError("no module of it could be imported")
    return modules


def write(distribution: Distribution, found: dict[str, Release]) -> None:
    """Write what came or went between the releases."""
    modules: dict[str, list[str]] = {}
    for module in sorted({m for r in found.values() for m in r.modules}):
        signs = "".join(r.sign(module) for r in found.values())
        if "-" in signs:
            modules.setdefault(signs, []).append(module)
    names: dict[str, dict[str, list[str]]] = {}
    candidates = sorted({c for r in found.values() for c in r.candidates()})
    for release in found.values():
        release.settle(candidates)
    for module, name in candidates:
        signs = "".join(r.sign(module, name) for r in found.values())
        if "-" in signs and "+" in signs:
            names.setdefault(signs, {}).setdefault(module, []).append(name)
    how = "each release's own modules, imported" if distribution.imported else "the source in each release's wheel"
    data: dict[str, Any] = {
        "source": f"{how} (PyPI): python -m measurements.symbols {distribution.name}",
        "measured": dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
        "releases": list(found),
        "modules": {signs: " ".join(ms) for signs, ms in sorted(modules.items())},
        "names": {s: {m: " ".join(ns) for m, ns in by.items()} for s, by in sorted(names.items())},
    }
    path = FACTS / f"{distribution.name}.json"
    path.write_text(json.dumps(data, indent=1) + "\n")
    count = sum(len(ns) for by in names.values() for ns in by.values())
    moved = sum(map(len, modules.values()))
    print(f"{distribution.name}: {len(found)} releases, {moved} modules and {count} names came or went, "
          f"{path.stat().st_size} bytes", flush=True)  # fmt: skip


def index() -> None:
    """Write which distributions have lists, by top-level module."""
    same = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "intel-tensorflow"),
            "xgboost": ("xgboost", "xgboost-cpu")}  # fmt: skip
    measured = [d for d in DISTRIBUTIONS if (FACTS / f"{d.name}.json").exists()]
    data = {
        "source": "what python -m measurements.symbols has measured: distributions by the modules that they give",
        "modules": {top: list(same.get(d.name, (d.name,))) for d in measured for top in d.tops},
        "lists": {other: name for name, others in same.items() for other in others if other != name},
    }
    (FACTS / "index.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
