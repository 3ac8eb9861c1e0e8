"""Told when a module has been imported, however and wherever that is done."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import Any


def after(name: str, then: Callable[[Any], None]) -> None:
    """Call ``then(module)`` as soon as a module is imported: now, where it is there already."""
    if name in sys.modules:
        _told(sys.modules[name], then)
    else:
        sys.meta_path.insert(0, _Finder(name, then))


def _told(module: Any, then: Callable[[Any], None]) -> None:
    try:
        then(module)
    except Exception as error:  # what watches must not change what is watched
        sys.stderr.write("endpoint doctor: {} isn't watched: {}\n".format(module.__name__, error))


class _Finder:
    def __init__(self, name: str, then: Callable[[Any], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Find the module by all other finders, and have its loader tell when it has run."""
        if name != self._name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        loader = getattr(spec, "loader", None)
        if loader is not None and hasattr(loader, "exec_module"):
            run = loader.exec_module

            def exec_module(module: Any) -> None:
                run(module)
                _told(module, self._then)

            loader.exec_module = exec_module
        return spec
