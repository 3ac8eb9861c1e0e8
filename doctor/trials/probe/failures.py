"""Exceptions and warnings as plain values, without the probe's own frames."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from typing import Any

_OWN = ("endpoint_doctor_probe", "doctor/trials/probe", "<frozen ")
_MOST_FRAMES = 60


class NotTried(Exception):
    """What can't be tried in this place, and why; told as the failure type ``endpoint_doctor.NotTried``."""


NotTried.__module__ = "endpoint_doctor"  # whatever the probe's package is called where it runs


def described(error: BaseException, phase: str, model_dir: str) -> dict[str, Any]:
    """
    Return an exception as a message holds it.

    Args:
        error: it.
        phase: what was being done.
        model_dir: where the artifact lies: frames below it are the artifact's own.
    """
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not any(o in f.filename for o in _OWN)]
    own = [f for f in frames if f.filename.startswith(model_dir)]
    return {
        "phase": phase,
        "type": type_name(type(error)),
        "message": text_of(error),
        "line": line_of(error),
        "where": place(own[-1].filename, own[-1].lineno, model_dir) if own else "",
        "traceback": "".join(traceback.format_list(frames[-_MOST_FRAMES:])).splitlines(),
        "causes": [line_of(cause) for cause in _causes(error)],
    }


def place(filename: str, line: Any, model_dir: str) -> str:
    """Return a place in the artifact as reports write it: code/inference.py:12."""
    return "{}:{}".format(filename[len(model_dir) :].lstrip("/"), line)


def type_name(kind: type) -> str:
    """Return a class's dotted name, a builtin's without its module."""
    module = getattr(kind, "__module__", "") or ""
    name = getattr(kind, "__qualname__", str(kind))
    return name if module in ("builtins", "__main__", "") else "{}.{}".format(module, name)


def line_of(error: BaseException) -> str:
    """Return what the last line of its traceback says."""
    text = text_of(error)
    return "{}: {}".format(type_name(type(error)), text) if text else type_name(type(error))


def text_of(error: BaseException) -> str:
    """Return an exception's text, although that may fail too."""
    try:
        return str(error)
    except Exception as problem:
        return "(its text can't be had: {})".format(type(problem).__name__)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while at is not None and at not in found and len(found) < 10:
        found.append(at)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return found


def tell_warnings(send: Callable[..., None], model_dir: str) -> None:
    """Send every warning that is given, once each, and show it as before."""
    seen: set[tuple[str, str]] = set()
    before = warnings.showwarning

    def told(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
        key = (str(message), type_name(category))
        if key not in seen and len(seen) < 200:
            seen.add(key)
            inside = filename.startswith(model_dir)
            where = place(filename, lineno, model_dir) if inside else "{}:{}".format(filename, lineno)
            send("warning", category=key[1], message=key[0], where=where)
        before(message, category, filename, lineno, file, line)

    warnings.showwarning = told
