"""Processes forked off one that has imported the libraries: each fresh to CUDA, and none waits for imports."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any

LIMIT = 600.0  # seconds of one process


def import_libraries(sources: Iterable[str]) -> None:
    """Import torch and what recipes are built with."""
    for name in ("torch", *sorted(set(sources) - {"custom"})):
        __import__(name)
    sys.modules["torch"].set_num_threads(1)  # a forked process has none of the parent's, and would wait


def forked(work: Callable[[], Any], limit: float = LIMIT) -> Any:
    """Return what a function returns in a child process; None where the child dies or takes too long."""
    with tempfile.TemporaryFile("w+") as answer:
        child = os.fork()
        if not child:
            try:
                json.dump(work(), answer)
                answer.flush()
            finally:
                os._exit(0)  # nothing of CUDA's may be torn down: there is none
        ends = time.monotonic() + limit
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > ends:
                os.kill(child, 9)
                os.waitpid(child, 0)
                break
            time.sleep(0.01)
        answer.seek(0)
        said = answer.read()
    return json.loads(said) if said else None
