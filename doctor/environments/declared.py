"""Environments that a text declares: requirements, a freeze, ``pip list``, conda and MLflow files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from doctor.environment import Environment
from doctor.errors import Unreadable
from doctor.formats.distribution import canonical
from doctor.formats.requirements import Line, decode, parse

_LARGEST = 4 << 20
_LEFT_OUT = ("pip", "setuptools", "wheel")  # by pip freeze, before Python 3.12: their absence from one says nothing
_PYTHON = r"(?im)^#\s*python\s*[=:]?\s*(\d+\.\d+(?:\.\d+)?)"


def of_lines(role: str, given: str, path: Path, data: bytes) -> Environment:
    """
    Return the environment of a requirements file, a freeze, or the output of ``pip list`` in columns or JSON.

    A file in which every line pins one version is complete: what it doesn't list is not there. Unreadable for others.
    """
    if len(data) > _LARGEST:
        raise Unreadable(f"{len(data)} bytes are no list of packages")
    text = decode(data)
    python = found[1] if (found := re.search(_PYTHON, text)) else ""
    listed = _json(text) or _columns(text)
    if listed:
        return _environment(role, given, listed, python, complete=True)
    lines = parse(path.name, _beside(path, data))
    wrong = next((x for x in lines if x.kind == "malformed"), None)
    if wrong:
        raise Unreadable(f"line {wrong.number} ({wrong.text[:60]!r}) is no requirement: {wrong.error}")
    named = [x for x in lines if x.name and not x.constraint]
    if not named:
        raise Unreadable("names no package")
    packages, complete = {x.name: x.pinned for x in named}, _frozen(named)
    if complete:
        packages = {**dict.fromkeys(_LEFT_OUT, ""), **packages}
    return _environment(role, given, packages, python, complete=complete)


def of_yaml(role: str, given: str, path: Path, data: bytes) -> Environment:
    """Return the environment of conda's environment.yml, MLflow's conda.yaml, python_env.yaml or MLmodel."""
    if len(data) > _LARGEST:
        raise Unreadable(f"{len(data)} bytes are no environment file")
    if path.name == "MLmodel":
        return _of_mlmodel(role, given, path, decode(data))
    packages: dict[str, str] = {}
    python, names_any = "", False
    for key, item in _items(decode(data)):
        names_any = True
        name, version = _conda_item(item) if key == "dependencies" else _pip_item(item)
        if key == "python" or name == "python":
            python = version or item
        elif item.startswith("-r "):
            included = path.with_name(item[3:].strip())
            packages.update(of_lines(role, given, included, included.read_bytes()).packages)
        elif name:
            packages[name] = version
    if not names_any:
        raise Unreadable("names no dependency")
    return _environment(role, given, packages, _digits(python), complete=False)


def _environment(role: str, given: str, packages: Mapping[str, str], python: str, *, complete: bool) -> Environment:
    from doctor.modules import by_names

    finds = by_names(packages, python, complete=complete)
    return Environment(role, given, dict(packages), python, complete=complete, finds=finds)


def _frozen(lines: list[Line]) -> bool:
    """Whether it is a freeze: a version, file or address for every line, and no line that says why."""
    return all(x.pinned or x.kind in {"path", "url", "editable"} for x in lines) and not any(x.marker for x in lines)


def _beside(path: Path, data: bytes) -> Callable[[str], bytes]:
    def read(name: str) -> bytes:
        if name == path.name:
            return data
        try:
            return (path.parent / name).read_bytes()
        except OSError:
            raise Unreadable(f"{name}: no such file") from None

    return read


def _json(text: str) -> dict[str, str]:
    if not text.lstrip().startswith("["):
        return {}
    try:
        rows = json.loads(text)
        return {canonical(str(r["name"])): str(r["version"]) for r in rows}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"looks like `pip list --format json` and isn't: {error}") from None


def _columns(text: str) -> dict[str, str]:
    lines = [x.split() for x in text.splitlines() if x.strip() and not x.startswith("#")]
    if len(lines) < 2 or lines[0][:2] != ["Package", "Version"] or not lines[1][0].startswith("---"):
        return {}
    return {canonical(x[0]): x[1] for x in lines[2:] if len(x) >= 2}


def _items(text: str) -> list[tuple[str, str]]:
    """Items of the lists of a YAML file of MLflow's or conda's plain form, each with the key that it stands under."""
    items, keys = list[tuple[str, str]](), [(-1, "")]
    for line in text.splitlines():
        body = re.sub(r"(^|\s)#.*$", "", line).rstrip()
        if not body.strip():
            continue
        depth = len(body) - len(body.lstrip())
        dashed = body.lstrip().startswith("- ")
        value = body.lstrip()[2:].strip() if dashed else body.strip()
        value = value.strip("'\"")
        while len(keys) > 1 and (keys[-1][0] > depth or (keys[-1][0] == depth and not dashed)):
            keys.pop()
        found = re.fullmatch(r"([\w.-]+):\s*(.*)", value)
        if found and not found[2] and "=" not in value:
            keys.append((depth, found[1]))
        elif found and found[1] == "python" and not dashed:
            items.append(("python", found[2].strip("'\"")))
        elif dashed and keys[-1][1] in {"dependencies", "pip", "build_dependencies"}:
            items.append((keys[-1][1] if keys[-1][1] != "build_dependencies" else "pip", value))
    return items


def _conda_item(item: str) -> tuple[str, str]:
    """Name and version of ``numpy=1.26.4=py311_0``, ``numpy==1.26.4``, ``conda-forge::numpy >=1``; "" without a pin."""
    found = re.match(r"(?:[\w.-]+::)?([A-Za-z0-9._-]+)\s*(?:={1,2}\s*([0-9][\w.!+]*)(?:=[\w.]+)?\s*$)?", item)
    return (canonical(found[1]), found[2] or "") if found else ("", "")


def _pip_item(item: str) -> tuple[str, str]:
    lines = parse("pip", lambda _path: item.encode())
    return (lines[0].name, lines[0].pinned) if lines and lines[0].kind != "malformed" else ("", "")


def _of_mlmodel(role: str, given: str, path: Path, text: str) -> Environment:
    for name in ("requirements.txt", "conda.yaml", "python_env.yaml"):
        beside = path.with_name(name)
        if beside.is_file():
            reader = of_yaml if beside.suffix == ".yaml" else of_lines
            environment = reader(role, str(beside), beside, beside.read_bytes())
            found = re.search(r"python_version:\s*['\"]?(\d+\.\d+(?:\.\d+)?)", text)
            python = environment.python or (found[1] if found else "")
            return _environment(role, given, environment.packages, python, complete=False)
    raise Unreadable("no requirements.txt, conda.yaml or python_env.yaml is beside it")


def _digits(python: str) -> str:
    found = re.search(r"\d+\.\d+(?:\.\d+)?", python)
    return found[0] if found else ""
