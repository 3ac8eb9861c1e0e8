"""Environment variables that the artifact's own code looks for, without a value to fall back on, and doesn't find."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

SAID = "looked for the environment variable {}, which isn't set"
_MOST = 20
_OWN = (__file__, os.getenv.__code__.co_filename)


def watch(send: Callable[..., None], model_dir: str) -> None:
    """Tell of each from now on, once."""
    told: set[str] = set()
    kind: Any = type(os.environ)
    found, given = kind.__getitem__, kind.get

    def tell(name: Any) -> None:
        if name not in told and len(told) < _MOST and _asked_by(model_dir):
            told.add(name)
            send("tried", what=SAID.format(name))

    def getitem(environ: Any, name: Any) -> Any:
        try:
            return found(environ, name)
        except KeyError:
            tell(name)
            raise

    def get(environ: Any, name: Any, default: Any = None) -> Any:
        if default is None and name not in environ:
            tell(name)
        return given(environ, name, default) if name in environ else default

    kind.__getitem__, kind.get = getitem, get


def _asked_by(model_dir: str) -> bool:
    """Say whether the code that asks is the artifact's: the first frame that isn't of this module or of os."""
    frame: Any = sys._getframe(2)  # noqa: SLF001 - who asks is nowhere else
    while frame is not None and frame.f_code.co_filename in _OWN:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(model_dir)
