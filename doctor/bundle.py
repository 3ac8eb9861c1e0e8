"""
Many small modules loaded from one file of byte code.

Python looks up, opens and checks each module's own cache; for 150 checks that is a tenth of a small run. Here the byte
code of all of them is kept in one file beside those caches, and believed only while every source is as it was.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import CodeType, ModuleType


def modules(home: Path, names: Mapping[str, Path]) -> list[ModuleType]:
    """
    Return the modules of `names` (module name to source), or [] where there is no fresh file of them.

    In that case one is written for the next run, where that may be done.
    """
    cache = home / "__pycache__" / f"suite.{sys.implementation.cache_tag}.bin"
    state = [(name, *_stamp(path)) for name, path in names.items()]
    with suppress(OSError, ValueError, EOFError, TypeError):
        seen, codes = marshal.loads(cache.read_bytes())  # noqa: S302 - as trusted as the .pyc files beside it
        if seen == state:
            return [_made(name, path, code) for (name, path), code in zip(names.items(), codes, strict=True)]
    if not sys.dont_write_bytecode:
        _write(cache, state, names)
    return []


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _made(name: str, path: Path, code: CodeType) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    exec(code, vars(module))  # noqa: S102 - what importing a module does
    return module


def _write(cache: Path, state: list[tuple[str, int, int]], names: Mapping[str, Path]) -> None:
    """Write the file whole or not at all: two runs at once don't disturb one another."""
    codes = [compile(path.read_bytes(), path, "exec", dont_inherit=True) for path in names.values()]
    partial = cache.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        cache.parent.mkdir(exist_ok=True)
        partial.write_bytes(marshal.dumps((state, codes)))
        partial.replace(cache)
