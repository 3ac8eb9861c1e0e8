"""What Python, the libraries and the server take of a host's memory before a model is there: measured, by release."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.facts import load
from doctor.memory.values import NOTHING, Range, Term, Tier, total

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler

MIB = 1 << 20
_SPREAD = 0.12  # by which the same libraries differ from machine to machine
_UNMEASURED = Range(0, 12 * MIB, 60 * MIB)  # of a library that isn't in the table


def mib(low: float, expected: float, high: float) -> Range:
    """Return a range given in MiB."""
    return Range(int(low * MIB), int(expected * MIB), int(high * MIB))


def used(files: Iterable[ModelFile], handler: Handler, stack: str) -> tuple[frozenset[str], frozenset[str]]:
    """
    Return the distributions of the table that a worker imports, and the modules that it imports of others.

    Args:
        files: the model files that it loads.
        handler: the artifact's own code.
        stack: the serving stack, "" unknown.
    """
    table = load("host_memory")
    found = {"python", *table["stacks"].get(stack, ())}
    modules = {i.module.partition(".")[0] for i in handler.imports() if i.module}
    for file in files:
        found |= {*table["formats"].get(file.format, ())}
        modules |= {s.module.partition(".")[0] for s in file.symbols}
    by_module = {row["module"]: name for name, row in _rows() if row["module"]} | table["modules"]
    found |= {by_module[m] for m in modules if m in by_module}
    own = {script.module.partition(".")[0] for script in handler.scripts.values()}
    others = modules - {*by_module} - own - {"__main__", "torchvision"} - sys.stdlib_module_names
    return frozenset(_with_needs(found)), frozenset(m for m in others if m)


def terms(libraries: frozenset[str], others: frozenset[str], serving: Environment | None, stack: str) -> list[Term]:
    """Return what the interpreter takes with its libraries, and what the server's own code adds in each worker."""
    size = total(_size(name, libraries, serving) for name in libraries)
    size = size.plus(total(_UNMEASURED for _ in sorted(others)[:5]))
    named = ", ".join(sorted(libraries - {"python"}) + sorted(others)[:5])
    found = [Term("Python and libraries", size, f"Python{', ' if named else ''}{named}", Tier.TABLES)]
    row = load("host_memory")["servers"].get(stack)
    if row is not None:
        found.append(Term("server's code in each worker", mib(*row["worker"]), row["how"], Tier.TABLES))
    return found


def servers(stack: str) -> tuple[Term, ...]:
    """Return what stands before the workers, once for all of them; nothing where the stack isn't known."""
    row = load("host_memory")["servers"].get(stack)
    if row is None:
        return ()
    return tuple(Term(name, mib(*sizes), row["how"], Tier.TABLES) for name, *sizes in row["terms"])


def first_request(libraries: frozenset[str]) -> Range:
    """Return what the first small request adds and keeps: thread pools and the kernels' buffers."""
    rows = load("host_memory")["requests"]
    found = [mib(*rows[name]) for name in sorted(libraries) if name in rows]
    return max(found, key=lambda r: r.expected, default=mib(0, 1, 20))


def release(serving: Environment | None, name: str) -> tuple[int, ...]:
    """Return the release of a distribution, () where nothing tells."""
    from doctor.model import Unknown

    try:
        version = serving.version(name) if serving is not None else None
    except Unknown:
        return ()
    return version.release if version is not None else ()


def row_of(rows: list[list[Any]], version: tuple[int, ...]) -> tuple[list[Any], bool]:
    """Return the last row whose release isn't newer, the newest where the release isn't known, and whether it is."""
    known = [row for row in rows if version and _numbers(row[0]) <= version]
    return (known[-1] if known else rows[-1] if not version else rows[0]), bool(version) or len(rows) == 1


def _rows() -> Iterator[tuple[str, Mapping[str, Any]]]:
    table = load("host_memory")["libraries"]
    return ((name, row) for name, row in table.items() if name != "about")


def _with_needs(names: set[str]) -> set[str]:
    rows = dict(_rows())
    found, ahead = set[str](), list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += rows[name].get("needs", ())
    return found


def _size(name: str, libraries: frozenset[str], serving: Environment | None) -> Range:
    row = load("host_memory")["libraries"][name]
    version = release(serving, _built(name, serving))
    found, sure = row_of(row["mib"], version)
    expected, low = found[1], min(r[1] for r in row["mib"])
    if name == "torch" and _for_cpu(serving):
        expected, low = row["cpu"], row["cpu"]
    elif name == "torch":
        low = row["cpu"]
    if "scikit-learn" in libraries and "beside_scikit_learn" in row:
        low = expected = row["beside_scikit_learn"]
    high = expected if sure else max(expected, *(r[1] for r in row["mib"]))
    low = expected if sure and not (name == "torch" and not _for_cpu(serving)) else low
    spread = mib(low * (1 - _SPREAD), expected, high * (1 + _SPREAD))
    use = row.get("first_use")
    return spread.plus(mib(*use)) if use else spread.plus(NOTHING)


def _built(name: str, serving: Environment | None) -> str:
    """Return the distribution that brings a library where it is there under another name."""
    packages = serving.packages if serving is not None else {}
    others = {"tensorflow": ("tensorflow-cpu", "tensorflow-gpu"), "xgboost": ("xgboost-cpu",)}
    others["onnxruntime"] = ("onnxruntime-gpu",)
    return next((o for o in others.get(name, ()) if o in packages and name not in packages), name)


def _for_cpu(serving: Environment | None) -> bool:
    return serving is not None and "+cpu" in serving.packages.get("torch", "")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
