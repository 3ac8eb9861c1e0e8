"""
The checks of a package kept in one file: what each says of itself, and its byte code, which is loaded when it is asked.

Python looks up, opens, checks and runs each module's own cache; for 250 checks that is a third of a small run, and half
of them ask for something that wasn't given. The file lies beside those caches and is believed only while every source
is as it was.
"""

from __future__ import annotations

import importlib
import marshal
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from doctor.model import Check, CheckFunction, Severity, Stage

_DAMAGE = (OSError, ValueError, EOFError, TypeError)


def checks(home: Path, names: Mapping[str, Path]) -> list[Check] | None:
    """Return the checks of `names` (module name to source), or None where there is no fresh file of them."""
    with suppress(*_DAMAGE):
        seen, kept = marshal.loads(_cache(home).read_bytes())  # noqa: S302 - as trusted as the .pyc files beside it
        if seen == _state(names):
            return [_check(said, Later(name, str(names[name]), code)) for name, said, code in kept]
    return None


def write(home: Path, names: Mapping[str, Path], found: Sequence[Check]) -> None:
    """Write the file for the next run, where that may be done: whole or not at all, so that two runs don't disturb."""
    if sys.dont_write_bytecode:
        return
    kept = [(c.ask.__module__, _said(c), _code(names[c.ask.__module__])) for c in found]
    cache = _cache(home)
    partial = cache.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        cache.parent.mkdir(exist_ok=True)
        partial.write_bytes(marshal.dumps((_state(names), kept)))
        partial.replace(cache)


class Later:
    """A check's function, whose module is run when it is first called."""

    __slots__ = ("_code", "_function", "_name", "_path")

    def __init__(self, name: str, path: str, code: bytes) -> None:
        self._name = name
        self._path = path
        self._code = code
        self._function: CheckFunction | None = None

    def __call__(self, *parts: Any) -> Iterator[Any]:
        """Ask the check."""
        if self._function is None:
            self._function = self._loaded()
        return self._function(*parts)

    def _loaded(self) -> CheckFunction:
        found = vars(self._run())[self._name.rpartition(".")[2]]
        if not isinstance(found, Check):
            raise TypeError(f"{self._name} defines no check of its name")
        return found.ask

    def _run(self) -> ModuleType:
        name = self._name
        if name in sys.modules:
            return sys.modules[name]
        module = ModuleType(name)
        module.__file__ = self._path
        module.__package__ = name.rpartition(".")[0]
        try:
            code = marshal.loads(self._code)  # noqa: S302
        except _DAMAGE:
            return importlib.import_module(name)
        sys.modules[name] = module
        exec(code, vars(module))  # noqa: S102 - what importing a module does
        return module


def _cache(home: Path) -> Path:
    return home / "__pycache__" / f"suite.{sys.implementation.cache_tag}.bin"


def _state(names: Mapping[str, Path]) -> list[tuple[str, int, int]]:
    found = ((name, path.stat()) for name, path in names.items())
    return [(name, status.st_mtime_ns, status.st_size) for name, status in found]


def _code(path: Path) -> bytes:
    return marshal.dumps(compile(path.read_bytes(), path, "exec", dont_inherit=True))


def _said(check: Check) -> tuple[Any, ...]:
    """Return a check as plain values, without its function."""
    return (*check._replace(severity=int(check.severity), stage=int(check.stage), ask=None),)  # type: ignore[arg-type]


def _check(said: tuple[Any, ...], ask: Later) -> Check:
    made = Check._make((*said[:-1], ask))
    return made._replace(severity=Severity(made.severity), stage=Stage(made.stage))
